using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Kernels;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>A dense layer's weights in the order of the matrix product.</summary>
internal sealed unsafe class DenseWeights
{
    /// <summary>Up to so many columns a product reads its right matrix where it lies; the rows of wider ones lie too far apart for the caches.</summary>
    public const int MostColumnsInPlace = 256;

    private readonly int outputs;
    private readonly bool inPlace;
    private readonly PackedMatrix? forward;
    private readonly ParameterSlot slot;

    /// <param name="layer">A <see cref="Dense"/>, <see cref="NtkDense"/> or <see cref="EnsembleDense"/>.</param>
    /// <param name="layout">Where its parameters lie.</param>
    /// <param name="passesBack">Whether anything in front of it learns.</param>
    /// <param name="byLibtorch">Whether libtorch computes the products, and nothing is packed.</param>
    public DenseWeights(Layer layer, ParameterLayout layout, bool passesBack, bool byLibtorch)
    {
        (int inputs, outputs) = layer is EnsembleDense ensemble ? (ensemble.InputSize, ensemble.OutputSize) : (layer.Inputs, layer.Outputs);
        slot = layout[$"{layer.Name}.weight"];
        Factor = layer is NtkDense or EnsembleDense ? 1 / MathF.Sqrt(inputs) : 1;
        ByLibtorch = byLibtorch;
        if (byLibtorch) return;
        inPlace = layer is Dense && outputs > 1 && outputs <= MostColumnsInPlace && outputs % ParameterLayout.Alignment == 0;
        if (layer is EnsembleDense || (outputs > 1 && !inPlace)) forward = new PackedMatrix(inputs, outputs);
        // The members' own factors learn in front of the product.
        if (passesBack || layer is EnsembleDense) Backward = new PackedMatrix(outputs, inputs);
    }

    /// <summary>Whether libtorch computes the products.</summary>
    public bool ByLibtorch { get; }

    /// <summary>What the stored weights are multiplied by.</summary>
    public float Factor { get; }

    /// <summary>The transpose of W, or null where no gradient of the inputs is asked for, or libtorch computes it.</summary>
    public PackedMatrix? Backward { get; }

    /// <summary>Factor W for the forward product, or null for a single output, which is a row of dot products, and for libtorch.</summary>
    /// <param name="weights">The layer's own: read where they lie, or not at all where a copy was packed.</param>
    public Panels? Forward(float* weights) => inPlace ? Panels.Of(weights, outputs) : forward?.Panels;

    /// <summary>One share of the packing.</summary>
    public void Pack(ReadOnlySpan<float> weights, bool training, int part, int parts)
    {
        ReadOnlySpan<float> matrix = slot.In(weights);
        if (forward is not null)
        {
            (int first, int end) = Share(forward, part, parts);
            forward.Pack(matrix, outputs, first, end, Factor);
        }
        if (training && Backward is { } backward)
        {
            (int first, int end) = Share(backward, part, parts);
            backward.PackTransposed(matrix, outputs, first, end);
        }
    }

    private static (int First, int End) Share(PackedMatrix matrix, int part, int parts) =>
        ((int)((long)matrix.Count * part / parts), (int)((long)matrix.Count * (part + 1) / parts));
}
