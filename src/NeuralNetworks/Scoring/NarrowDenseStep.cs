using Microsoft.ML.NeuralNetworks.Kernels;

namespace Microsoft.ML.NeuralNetworks.Scoring;

/// <summary>y = max(lower, x W + b) for a few outputs: one dot product each, over the transpose of W.</summary>
internal sealed unsafe class NarrowDenseStep : InputStep
{
    /// <summary>The most outputs for which this is the faster way.</summary>
    public const int MaximumOutputs = 4;

    private readonly Memory<float> weights;
    private readonly float[] bias;
    private readonly float lower;

    /// <inheritdoc cref="DenseStep(int, int, ReadOnlySpan{float}, float, ReadOnlySpan{float}, float)"/>
    public NarrowDenseStep(int inputs, int outputs, ReadOnlySpan<float> weight, float factor, ReadOnlySpan<float> bias, float lower) : base(inputs, outputs)
    {
        this.bias = bias.ToArray();
        this.lower = lower;
        weights = AlignedMemory.Allocate<float>(checked(outputs * Stride(inputs)));
        Span<float> target = weights.Span;
        for (int input = 0; input < inputs; input++)
            for (int output = 0; output < outputs; output++)
                target[output * Stride(inputs) + input] = weight[input * outputs + output] * factor;
    }

    public override void Run(ReadOnlySpan<float> input, int inputStride, Span<float> output, int rows, Span<float> scratch)
    {
        fixed (float* x = input, y = output, w = weights.Span)
        {
            for (int j = 0; j < bias.Length; j++)
            {
                float* column = w + (nint)j * Stride(Inputs);
                RowProduct.Dot(x, inputStride, rows, Inputs, column, bias[j], y + j, Stride(Outputs), lower);
            }
        }
    }

    public override void RunSparse(ReadOnlySpan<int> indices, ReadOnlySpan<float> values, Span<float> output)
    {
        ReadOnlySpan<float> w = weights.Span;
        for (int j = 0; j < bias.Length; j++)
        {
            ReadOnlySpan<float> column = w.Slice(j * Stride(Inputs), Inputs);
            float sum = bias[j];
            for (int k = 0; k < indices.Length; k++) sum += values[k] * column[indices[k]];
            output[j] = sum < lower ? lower : sum;
        }
    }
}
