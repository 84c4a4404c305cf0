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
        Layer[] scored = [.. layers.Where(layer => layer is not Dropout)];
        for (int i = 0; i < scored.Length; i++)
        {
            // A rectifier after a linear layer costs nothing inside it.
            bool rectified = scored[i] is Dense or NtkDense && i + 1 < scored.Length && scored[i + 1] is Activation { Function: ActivationFunction.Relu };
            steps.Add(Prepare(scored[i], layout, weights, rectified ? 0 : float.NegativeInfinity));
            if (rectified) i++;
        }
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

    private static ForwardStep Prepare(Layer layer, ParameterLayout layout, ReadOnlySpan<float> weights, float lower)
    {
        switch (layer)
        {
            case Dense dense:
                return PrepareDense(dense.InputSize, dense.OutputSize, Values("weight", weights), 1, Values("bias", weights), lower);
            case NtkDense dense:
                return PrepareDense(dense.InputSize, dense.OutputSize, Values("weight", weights), 1 / MathF.Sqrt(dense.InputSize), Values("bias", weights), lower);
            case EnsembleDense dense:
                return new EnsembleDenseStep(dense, layout, weights);
            case Activation activation:
                return new ActivationStep(activation.Size, activation.Function);
            case ParametricActivation activation:
                return new ParametricActivationStep(activation.Size, activation.Function, Values("blend", weights));
            case BatchNorm norm:
                float[] factor = Values("weight", weights).ToArray();
                ReadOnlySpan<float> variance = Values("running_var", weights);
                for (int i = 0; i < factor.Length; i++) factor[i] /= MathF.Sqrt(variance[i] + norm.Epsilon);
                return new AffineStep(norm.Size, Values("running_mean", weights), factor, Values("bias", weights));
            case LayerNorm norm:
                return new LayerNormStep(norm.Size, Values("weight", weights), Values("bias", weights), norm.Epsilon);
            case Scaling scaling:
                return new AffineStep(scaling.Size, [], Values("weight", weights), []);
            case Standardization scaling:
                return new AffineStep(scaling.Size, Values("mean", weights), Values("scale", weights), []);
            case RobustScaling scaling:
                return new RobustScalingStep(scaling.Size, Values("center", weights), Values("scale", weights));
            case MissingValues missing:
                return new MissingValuesStep(missing.Size, Values("replacement", weights));
            case MissingIndicators indicators:
                return new MissingIndicatorsStep(indicators);
            case Residual residual:
                return new ResidualStep(new ForwardPass(residual.Block, layout, weights, residual.Inputs));
            case CategoricalEmbedding embedding:
                return new CategoricalEmbeddingStep(embedding, layout, weights);
            case PeriodicEmbedding embedding:
                return new PeriodicEmbeddingStep(embedding, layout, weights);
            case NumericEmbedding embedding:
                return new NumericEmbeddingStep(embedding, layout, weights);
            case OwnModule module:
                return new ModuleStep(module, layout, weights);
            default:
                throw new NotSupportedException($"Layer '{layer.Name}' must be of a kind that can be scored but was {layer.GetType().Name}. Use the built-in layers.");
        }

        ReadOnlySpan<float> Values(string name, ReadOnlySpan<float> all) => layout[$"{layer.Name}.{name}"].In(all);
    }

    private static InputStep PrepareDense(int inputs, int outputs, ReadOnlySpan<float> weight, float factor, ReadOnlySpan<float> bias, float lower) =>
        outputs <= NarrowDenseStep.MaximumOutputs
            ? new NarrowDenseStep(inputs, outputs, weight, factor, bias, lower)
            : new DenseStep(inputs, outputs, weight, factor, bias, lower);
}
