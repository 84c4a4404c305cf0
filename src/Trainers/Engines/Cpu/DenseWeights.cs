using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Kernels;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>A dense layer's weights in the order of the matrix product.</summary>
internal sealed class DenseWeights
{
    // Up to here the forward product reads the weights where they lie; the rows of wider ones lie too far apart for the caches.
    private const int ManyOutputs = 256;

    private readonly int outputs;
    private readonly ParameterSlot slot;

    /// <param name="layer">A <see cref="Dense"/>, <see cref="NtkDense"/> or <see cref="EnsembleDense"/>.</param>
    /// <param name="layout">Where its parameters lie.</param>
    /// <param name="passesBack">Whether anything in front of it learns.</param>
    public DenseWeights(Layer layer, ParameterLayout layout, bool passesBack)
    {
        (int inputs, outputs) = layer is EnsembleDense ensemble ? (ensemble.InputSize, ensemble.OutputSize) : (layer.Inputs, layer.Outputs);
        slot = layout[$"{layer.Name}.weight"];
        Factor = layer is NtkDense or EnsembleDense ? 1 / MathF.Sqrt(inputs) : 1;
        InPlace = layer is Dense && outputs > 1 && outputs <= ManyOutputs && outputs % ParameterLayout.Alignment == 0;
        if (layer is EnsembleDense || (outputs > 1 && !InPlace)) Forward = new PackedMatrix(inputs, outputs);
        // The members' own factors learn in front of the product.
        if (passesBack || layer is EnsembleDense) Backward = new PackedMatrix(outputs, inputs);
    }

    /// <summary>What the stored weights are multiplied by.</summary>
    public float Factor { get; }

    /// <summary>Whether the forward product reads the weights themselves.</summary>
    public bool InPlace { get; }

    /// <summary>Factor W; null where the weights themselves are read, and for a single output, which is a row of dot products.</summary>
    public PackedMatrix? Forward { get; }

    /// <summary>The transpose of W, or null where no gradient of the inputs is asked for.</summary>
    public PackedMatrix? Backward { get; }

    /// <summary>One share of the packing.</summary>
    public void Pack(ReadOnlySpan<float> weights, bool training, int part, int parts)
    {
        ReadOnlySpan<float> matrix = slot.In(weights);
        if (Forward is { } forward)
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
