using System.Runtime.CompilerServices;
using Microsoft.ML.NeuralNetworks.Kernels;

namespace Microsoft.ML.NeuralNetworks.Scoring;

/// <summary>
/// y = max(lower, x W + b) for wide outputs. W is kept in panels of two lanes of outputs, so that memory is read front to back.
/// Every output adds its products in the order of the inputs, in the row path, the batch path and the sparse path alike: they give
/// the same bits.
/// </summary>
internal sealed unsafe class DenseStep : InputStep
{
    private readonly PackedMatrix weights;
    private readonly Memory<float> bias;
    private readonly float lower;

    /// <param name="inputs">Numbers per row in.</param>
    /// <param name="outputs">Numbers per row out.</param>
    /// <param name="weight">inputs x outputs, row-major.</param>
    /// <param name="factor">Multiplies the weights.</param>
    /// <param name="bias">One per output.</param>
    /// <param name="lower">0 for a rectifier, negative infinity for nothing.</param>
    public DenseStep(int inputs, int outputs, ReadOnlySpan<float> weight, float factor, ReadOnlySpan<float> bias, float lower)
        : base(inputs, outputs)
    {
        this.bias = Pad(bias, outputs);
        this.lower = lower;
        float[] scaled = weight.ToArray();
        if (factor != 1)
            foreach (ref float value in scaled.AsSpan()) value *= factor;
        weights = new PackedMatrix(inputs, outputs);
        weights.Pack(scaled, inputs, outputs);
    }

    // Outputs filled up to whole panels; never more than the stride.
    private int PaddedOutputs => weights.Count * 2 * Simd.Count;

    public override void Run(ReadOnlySpan<float> input, int inputStride, Span<float> output, int rows, Span<float> scratch)
    {
        fixed (float* x = input, y = output, b = bias.Span)
        {
            if (rows > 1) Gemm.Multiply(x, inputStride, 1, weights.Panels, b, y, Stride(Outputs), rows, PaddedOutputs, Inputs, lower: lower);
            else NonZeroGemm.Row(x, weights.Panels, b, y, weights.Count, Inputs, lower);
        }
        // The kernels have bare pointers into the packed weights: without this a step that nobody needs afterwards could be collected while it runs.
        GC.KeepAlive(this);
    }

    public override void RunSparse(ReadOnlySpan<int> indices, ReadOnlySpan<float> values, Span<float> output)
    {
        foreach (int index in indices)
            if ((uint)index >= (uint)Inputs)
                throw new ArgumentOutOfRangeException(nameof(indices), $"indices must be from 0 to {Inputs - 1} but one was {index}.");
        fixed (int* i = indices)
        fixed (float* x = values, y = output, b = bias.Span)
        {
            if (Simd.Width == 512) Sparse<Lane512>(i, x, indices.Length, b, y);
            else if (Simd.Width == 256) Sparse<Lane256>(i, x, indices.Length, b, y);
            else Sparse<Lane128>(i, x, indices.Length, b, y);
        }
        GC.KeepAlive(this);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Sparse<T>(int* indices, float* values, int count, float* b, float* y) where T : struct, ILane<T>
    {
        int width = 2 * T.Count, end = PaddedOutputs;
        float* w = (float*)weights.Panels.Data;
        T least = T.All(lower);
        for (int j = 0; j < end; j += width, w += (nint)Inputs * width)
        {
            T l = T.Load(b + j), r = T.Load(b + j + T.Count);
            for (int k = 0; k < count; k++)
            {
                float* p = w + (nint)indices[k] * width;
                T v = T.All(values[k]);
                l = T.MultiplyAdd(v, p, l);
                r = T.MultiplyAdd(v, p + T.Count, r);
            }
            T.Store(T.Max(least, l), y + j);
            T.Store(T.Max(least, r), y + j + T.Count);
        }
    }
}
