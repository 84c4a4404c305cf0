using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.NeuralNetworks.Scoring;

/// <summary>y = x W + b for a few outputs: one dot product each, over the transpose of W.</summary>
internal sealed class NarrowDenseStep : SparseStep
{
    /// <summary>The most outputs for which this is the faster way.</summary>
    public const int MaximumOutputs = 4;

    private readonly Memory<float> weights;
    private readonly float[] bias;

    /// <inheritdoc cref="DenseStep(int, int, ReadOnlySpan{float}, float, ReadOnlySpan{float})"/>
    public NarrowDenseStep(int inputs, int outputs, ReadOnlySpan<float> weight, float factor, ReadOnlySpan<float> bias) : base(inputs, outputs)
    {
        this.bias = bias.ToArray();
        weights = AlignedMemory.Allocate<float>(checked(outputs * Stride(inputs)));
        Span<float> target = weights.Span;
        for (int input = 0; input < inputs; input++)
            for (int output = 0; output < outputs; output++)
                target[output * Stride(inputs) + input] = weight[input * outputs + output] * factor;
    }

    public override void Run(ReadOnlySpan<float> input, Span<float> output, int rows, Span<float> scratch)
    {
        ReadOnlySpan<float> w = weights.Span;
        int inputStride = Stride(Inputs), outputStride = Stride(Outputs);
        for (int row = 0; row < rows; row++)
            for (int j = 0; j < bias.Length; j++)
                output[row * outputStride + j] = bias[j] + Dot(input.Slice(row * inputStride, Inputs), w.Slice(j * inputStride, Inputs));
    }

    public override void RunSparse(ReadOnlySpan<int> indices, ReadOnlySpan<float> values, Span<float> output)
    {
        ReadOnlySpan<float> w = weights.Span;
        for (int j = 0; j < bias.Length; j++)
        {
            ReadOnlySpan<float> column = w.Slice(j * Stride(Inputs), Inputs);
            float sum = 0;
            for (int k = 0; k < indices.Length; k++) sum += values[k] * column[indices[k]];
            output[j] = bias[j] + sum;
        }
    }

    private static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        int length = a.Length;
        ref float x = ref MemoryMarshal.GetReference(a);
        ref float w = ref MemoryMarshal.GetReference(b);
        if (length < Vector512<float>.Count)
        {
            float sum = 0;
            for (int i = 0; i < length; i++) sum += Unsafe.Add(ref x, i) * Unsafe.Add(ref w, i);
            return sum;
        }

        Vector512<float> even = Vector512<float>.Zero, odd = Vector512<float>.Zero;
        nuint k = 0, count = (nuint)length;
        for (; k + 32 <= count; k += 32)
        {
            even = Vector512.FusedMultiplyAdd(Vector512.LoadUnsafe(ref x, k), Vector512.LoadUnsafe(ref w, k), even);
            odd = Vector512.FusedMultiplyAdd(Vector512.LoadUnsafe(ref x, k + 16), Vector512.LoadUnsafe(ref w, k + 16), odd);
        }
        if (k + 16 <= count)
        {
            even = Vector512.FusedMultiplyAdd(Vector512.LoadUnsafe(ref x, k), Vector512.LoadUnsafe(ref w, k), even);
            k += 16;
        }
        float total = Vector512.Sum(even + odd);
        for (; k < count; k++) total += Unsafe.Add(ref x, k) * Unsafe.Add(ref w, k);
        return total;
    }
}
