using System.Runtime.Intrinsics.X86;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Kernels;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch.Runtime;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>
/// Which products libtorch computes for this engine: those of large layers, on processors that have something wider than the 128 bits of .NET's vectors there. With 256
/// and 512 bits the own ones are the faster ones at every size. See docs/decisions/0009-own-products.md.
/// </summary>
internal static class LargeProducts
{
    // 256 x 256: from here on a hundred steps pay for the loading of libtorch. A product with a narrow side waits for memory, whoever computes it.
    private const long LeastWeights = 1 << 16;
    private const int LeastSide = 128;

    /// <summary>Whether libtorch has wider units than the vectors here: Apple's for matrices, or AVX on a processor without AVX2, whose 256 bits .NET leaves unused.</summary>
    public static bool FasterByLibtorch => Simd.Width == 128 && (OperatingSystem.IsMacOS() || Avx.IsSupported);

    /// <summary>Whether the layer, or one in it, has large products.</summary>
    public static bool Has(Layer layer) => layer switch
    {
        EnsembleDense dense => AreLarge(dense.InputSize, dense.OutputSize),
        Dense or NtkDense => AreLarge(layer.Inputs, layer.Outputs),
        Residual residual => residual.Block.Any(Has),
        _ => false,
    };

    /// <summary>Whether libtorch computes the large products of the network in this process; it is loaded then.</summary>
    /// <param name="network">The network.</param>
    /// <param name="say">Told so, or why not.</param>
    public static bool ByLibtorch(Network network, Action<string>? say = null)
    {
        if (!FasterByLibtorch || !network.Layers.Any(Has)) return false;
        try
        {
            Libtorch.EnsureLoaded(say);
        }
        catch (LibtorchLoadException e)
        {
            say?.Invoke($"Products of large layers: managed, though libtorch's would be faster here. {e.Message}");
            return false;
        }
        say?.Invoke("Products of large layers: libtorch's, which are faster than vectors of 128 bits here.");
        return true;
    }

    private static bool AreLarge(int inputs, int outputs) => Math.Min(inputs, outputs) >= LeastSide && (long)inputs * outputs >= LeastWeights;
}
