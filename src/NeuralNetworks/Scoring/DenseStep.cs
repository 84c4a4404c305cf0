using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.ML.NeuralNetworks.Kernels;

namespace Microsoft.ML.NeuralNetworks.Scoring;

/// <summary>
/// y = max(lower, x W + b) for wide outputs. W is kept in panels of two lanes of outputs, so that memory is read front to back.
/// Every output adds its products in the order of the inputs, in the row path, the batch path and the sparse path alike: they give
/// the same bits.
/// </summary>
internal sealed unsafe class DenseStep : InputStep
{
    /// <summary>From about here on, reading the weights costs more than finding the zeros.</summary>
    private const int ManyWeights = 8192;

    private readonly PackedMatrix weights;
    private readonly Memory<float> bias;
    private readonly float lower;
    private readonly bool skipsZeros;

    /// <param name="inputs">Numbers per row in.</param>
    /// <param name="outputs">Numbers per row out.</param>
    /// <param name="weight">inputs x outputs, row-major.</param>
    /// <param name="factor">Multiplies the weights.</param>
    /// <param name="bias">One per output.</param>
    /// <param name="lower">0 for a rectifier, negative infinity for nothing.</param>
    /// <param name="skipsZeros">
    /// Whether many inputs are 0, as they are after a rectifier: a single row then reads only the weights that count.
    /// </param>
    public DenseStep(int inputs, int outputs, ReadOnlySpan<float> weight, float factor, ReadOnlySpan<float> bias, float lower, bool skipsZeros)
        : base(inputs, outputs)
    {
        this.bias = Pad(bias, outputs);
        this.lower = lower;
        this.skipsZeros = skipsZeros && (long)inputs * outputs >= ManyWeights;
        float[] scaled = weight.ToArray();
        if (factor != 1)
            foreach (ref float value in scaled.AsSpan()) value *= factor;
        weights = new PackedMatrix(inputs, outputs);
        weights.Pack(scaled, inputs, outputs);
    }

    public override int ScratchPerRow => skipsZeros ? Stride(Inputs) : 0;

    // Outputs filled up to whole panels; never more than the stride.
    private int PaddedOutputs => weights.Count * 2 * Simd.Count;

    public override void Run(ReadOnlySpan<float> input, int inputStride, Span<float> output, int rows, Span<float> scratch)
    {
        fixed (float* x = input, y = output, b = bias.Span)
        {
            if (rows > 1) Gemm.Multiply(x, inputStride, 1, weights.Panels, b, y, Stride(Outputs), rows, PaddedOutputs, Inputs, lower: lower);
            else if (skipsZeros) RowOfNonZeros(x, b, y, MemoryMarshal.Cast<float, int>(scratch));
            else if (Simd.Width == 512) Row<Lane512>(x, b, y);
            else if (Simd.Width == 256) Row<Lane256>(x, b, y);
            else Row<Lane128>(x, b, y);
        }
        // The kernels have bare pointers into the packed weights: without this a step that nobody needs afterwards could be collected while it runs.
        GC.KeepAlive(this);
    }

    private void RowOfNonZeros(float* x, float* b, float* y, Span<int> scratch)
    {
        scratch = scratch[..Inputs];
        fixed (int* places = scratch)
        {
            int count = 0;
            for (int k = 0; k < Inputs; k++)
            {
                places[count] = k;
                count += x[k] != 0 ? 1 : 0;
            }
            if (Simd.Width == 512) RowOfNonZeros<Lane512>(x, places, count, b, y);
            else if (Simd.Width == 256) RowOfNonZeros<Lane256>(x, places, count, b, y);
            else RowOfNonZeros<Lane128>(x, places, count, b, y);
        }
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

    // Eight lanes of outputs at once keep the multipliers busy; what is left goes by panel.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Row<T>(float* x, float* b, float* y) where T : struct, ILane<T>
    {
        int width = 2 * T.Count, count = Inputs, end = PaddedOutputs, j = 0;
        nint panel = (nint)count * width;
        float* w = (float*)weights.Panels.Data;
        T least = T.All(lower);
        for (; j + 4 * width <= end; j += 4 * width, b += 4 * width, y += 4 * width)
        {
            float* p0 = w, p1 = p0 + panel, p2 = p1 + panel, p3 = p2 + panel;
            w = p3 + panel;
            T a0 = T.Load(b), a1 = T.Load(b + T.Count), a2 = T.Load(b + 2 * T.Count), a3 = T.Load(b + 3 * T.Count);
            T a4 = T.Load(b + 4 * T.Count), a5 = T.Load(b + 5 * T.Count), a6 = T.Load(b + 6 * T.Count), a7 = T.Load(b + 7 * T.Count);
            for (int k = 0; k < count; k++)
            {
                T v = T.All(x[k]);
                a0 = T.MultiplyAdd(v, T.Load(p0), a0);
                a1 = T.MultiplyAdd(v, T.Load(p0 + T.Count), a1);
                a2 = T.MultiplyAdd(v, T.Load(p1), a2);
                a3 = T.MultiplyAdd(v, T.Load(p1 + T.Count), a3);
                a4 = T.MultiplyAdd(v, T.Load(p2), a4);
                a5 = T.MultiplyAdd(v, T.Load(p2 + T.Count), a5);
                a6 = T.MultiplyAdd(v, T.Load(p3), a6);
                a7 = T.MultiplyAdd(v, T.Load(p3 + T.Count), a7);
                p0 += width;
                p1 += width;
                p2 += width;
                p3 += width;
            }
            T.Store(T.Max(least, a0), y);
            T.Store(T.Max(least, a1), y + T.Count);
            T.Store(T.Max(least, a2), y + 2 * T.Count);
            T.Store(T.Max(least, a3), y + 3 * T.Count);
            T.Store(T.Max(least, a4), y + 4 * T.Count);
            T.Store(T.Max(least, a5), y + 5 * T.Count);
            T.Store(T.Max(least, a6), y + 6 * T.Count);
            T.Store(T.Max(least, a7), y + 7 * T.Count);
        }
        for (; j + 2 * width <= end; j += 2 * width, b += 2 * width, y += 2 * width)
        {
            float* p0 = w, p1 = p0 + panel;
            w = p1 + panel;
            T a0 = T.Load(b), a1 = T.Load(b + T.Count), a2 = T.Load(b + 2 * T.Count), a3 = T.Load(b + 3 * T.Count);
            for (int k = 0; k < count; k++)
            {
                T v = T.All(x[k]);
                a0 = T.MultiplyAdd(v, T.Load(p0), a0);
                a1 = T.MultiplyAdd(v, T.Load(p0 + T.Count), a1);
                a2 = T.MultiplyAdd(v, T.Load(p1), a2);
                a3 = T.MultiplyAdd(v, T.Load(p1 + T.Count), a3);
                p0 += width;
                p1 += width;
            }
            T.Store(T.Max(least, a0), y);
            T.Store(T.Max(least, a1), y + T.Count);
            T.Store(T.Max(least, a2), y + 2 * T.Count);
            T.Store(T.Max(least, a3), y + 3 * T.Count);
        }
        if (j == end) return;
        T l = T.Load(b), r = T.Load(b + T.Count);
        for (int k = 0; k < count; k++, w += width)
        {
            T v = T.All(x[k]);
            l = T.MultiplyAdd(v, T.Load(w), l);
            r = T.MultiplyAdd(v, T.Load(w + T.Count), r);
        }
        T.Store(T.Max(least, l), y);
        T.Store(T.Max(least, r), y + T.Count);
    }

    // A product with 0 adds nothing: leaving it out changes no bit, but for the sign of a zero.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void RowOfNonZeros<T>(float* x, int* places, int nonZeros, float* b, float* y) where T : struct, ILane<T>
    {
        int width = 2 * T.Count, end = PaddedOutputs, j = 0;
        nint panel = (nint)Inputs * width;
        float* w = (float*)weights.Panels.Data;
        T least = T.All(lower);
        for (; j + 4 * width <= end; j += 4 * width, b += 4 * width, y += 4 * width)
        {
            float* w1 = w + panel, w2 = w1 + panel, w3 = w2 + panel;
            T a0 = T.Load(b), a1 = T.Load(b + T.Count), a2 = T.Load(b + 2 * T.Count), a3 = T.Load(b + 3 * T.Count);
            T a4 = T.Load(b + 4 * T.Count), a5 = T.Load(b + 5 * T.Count), a6 = T.Load(b + 6 * T.Count), a7 = T.Load(b + 7 * T.Count);
            for (int i = 0; i < nonZeros; i++)
            {
                int k = places[i];
                nint at = (nint)k * width;
                T v = T.All(x[k]);
                a0 = T.MultiplyAdd(v, T.Load(w + at), a0);
                a1 = T.MultiplyAdd(v, T.Load(w + at + T.Count), a1);
                a2 = T.MultiplyAdd(v, T.Load(w1 + at), a2);
                a3 = T.MultiplyAdd(v, T.Load(w1 + at + T.Count), a3);
                a4 = T.MultiplyAdd(v, T.Load(w2 + at), a4);
                a5 = T.MultiplyAdd(v, T.Load(w2 + at + T.Count), a5);
                a6 = T.MultiplyAdd(v, T.Load(w3 + at), a6);
                a7 = T.MultiplyAdd(v, T.Load(w3 + at + T.Count), a7);
            }
            w = w3 + panel;
            T.Store(T.Max(least, a0), y);
            T.Store(T.Max(least, a1), y + T.Count);
            T.Store(T.Max(least, a2), y + 2 * T.Count);
            T.Store(T.Max(least, a3), y + 3 * T.Count);
            T.Store(T.Max(least, a4), y + 4 * T.Count);
            T.Store(T.Max(least, a5), y + 5 * T.Count);
            T.Store(T.Max(least, a6), y + 6 * T.Count);
            T.Store(T.Max(least, a7), y + 7 * T.Count);
        }
        for (; j < end; j += width, b += width, y += width, w += panel)
        {
            T l = T.Load(b), r = T.Load(b + T.Count);
            for (int i = 0; i < nonZeros; i++)
            {
                int k = places[i];
                float* p = w + (nint)k * width;
                T v = T.All(x[k]);
                l = T.MultiplyAdd(v, T.Load(p), l);
                r = T.MultiplyAdd(v, T.Load(p + T.Count), r);
            }
            T.Store(T.Max(least, l), y);
            T.Store(T.Max(least, r), y + T.Count);
        }
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
                l = T.MultiplyAdd(v, T.Load(p), l);
                r = T.MultiplyAdd(v, T.Load(p + T.Count), r);
            }
            T.Store(T.Max(least, l), y + j);
            T.Store(T.Max(least, r), y + j + T.Count);
        }
    }
}
