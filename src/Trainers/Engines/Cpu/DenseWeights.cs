using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Kernels;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>A dense layer's weights in the order of the matrix product, made anew before each pass and shared by its parts.</summary>
internal sealed class DenseWeights
{
    private readonly int inputs, outputs;
    private readonly ParameterSlot slot;

    /// <param name="layer">The layer.</param>
    /// <param name="layout">Where its parameters lie.</param>
    /// <param name="passesBack">Whether anything in front of it learns.</param>
    public DenseWeights(Dense layer, ParameterLayout layout, bool passesBack)
    {
        (inputs, outputs) = (layer.Inputs, layer.Outputs);
        slot = layout[$"{layer.Name}.weight"];
        if (outputs > 1) Forward = new PackedMatrix(inputs, outputs);
        if (passesBack) Backward = new PackedMatrix(outputs, inputs);
    }

    /// <summary>W, or null for a single output, which is a row of dot products.</summary>
    public PackedMatrix? Forward { get; }

    /// <summary>The transpose of W, or null where no gradient of the inputs is asked for.</summary>
    public PackedMatrix? Backward { get; }

    /// <summary>One share of the packing.</summary>
    public void Pack(ReadOnlySpan<float> weights, bool training, int part, int parts)
    {
        ReadOnlySpan<float> matrix = slot.In(weights);
        if (Forward is { } forward) forward.Pack(matrix, outputs, Share(forward.Count, part, parts), Share(forward.Count, part + 1, parts));
        if (training && Backward is { } backward) backward.PackTransposed(matrix, outputs, Share(backward.Count, part, parts), Share(backward.Count, part + 1, parts));
    }

    private static int Share(int count, int part, int parts) => (int)((long)count * part / parts);
}
