using System.Collections.Immutable;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.NeuralNetworks.Scoring;

/// <summary>A network with its weights, prepared for scoring. Immutable; <see cref="NetworkScorer"/> runs it.</summary>
internal sealed class ForwardPass
{
    /// <param name="network">The shape.</param>
    /// <param name="weights">A flat buffer of the network's layout; copied.</param>
    public ForwardPass(Network network, ReadOnlySpan<float> weights) : this(network.Layers, network.Layout, weights, network.Inputs) { }

    private ForwardPass(IEnumerable<Layer> layers, ParameterLayout layout, ReadOnlySpan<float> weights, int inputs)
    {
        var steps = ImmutableArray.CreateBuilder<ForwardStep>();
        foreach (Layer layer in layers)
            if (Prepare(layer, layout, weights) is { } step)
                steps.Add(step);
        Steps = steps.ToImmutable();
        Inputs = inputs;
        Outputs = Steps.IsEmpty ? inputs : Steps[^1].Outputs;
        Width = Steps.Select(step => ForwardStep.Stride(step.Outputs)).Append(ForwardStep.Stride(inputs)).Max();
        ScratchPerRow = Steps.Select(step => step.ScratchPerRow).Append(0).Max();
    }

    public ImmutableArray<ForwardStep> Steps { get; }

    public int Inputs { get; }

    public int Outputs { get; }

    /// <summary>The widest stride of any row on the way.</summary>
    public int Width { get; }

    /// <summary>Floats per row that the greediest step needs beside its input and output.</summary>
    public int ScratchPerRow { get; }

    /// <summary>
    /// Runs the steps from <paramref name="start"/> on <paramref name="rows"/> rows, from <paramref name="current"/> to
    /// <paramref name="other"/> and back. Returns the buffer that holds the outputs.
    /// </summary>
    public Span<float> Run(int start, Span<float> current, Span<float> other, int rows, Span<float> scratch)
    {
        for (int i = start; i < Steps.Length; i++)
        {
            Steps[i].Run(current, other, rows, scratch);
            Span<float> result = other;
            other = current;
            current = result;
        }
        return current;
    }

    private static ForwardStep? Prepare(Layer layer, ParameterLayout layout, ReadOnlySpan<float> weights) => layer switch
    {
        Dense dense => PrepareDense(dense.InputSize, dense.OutputSize, layout[$"{layer.Name}.weight"].In(weights), 1, layout[$"{layer.Name}.bias"].In(weights)),
        Activation activation => new ActivationStep(activation.Size, activation.Function),
        _ => throw new NotSupportedException($"Layer '{layer.Name}' must be of a kind that can be scored but was {layer.GetType().Name}. Use the built-in layers."),
    };

    private static SparseStep PrepareDense(int inputs, int outputs, ReadOnlySpan<float> weight, float factor, ReadOnlySpan<float> bias) =>
        outputs <= NarrowDenseStep.MaximumOutputs
            ? new NarrowDenseStep(inputs, outputs, weight, factor, bias)
            : new DenseStep(inputs, outputs, weight, factor, bias);
}
