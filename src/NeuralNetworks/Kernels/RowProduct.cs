using System.Runtime.CompilerServices;

namespace Microsoft.ML.NeuralNetworks.Kernels;

/// <summary>Products of a single row with a matrix, and of many rows with a single column: no packing, no scratch memory.</summary>
internal static unsafe class RowProduct
{
    /// <summary>
    /// y = max(lower, bias + x W), W row-major, inputs x outputs. Bit for bit what <see cref="Gemm"/> gives for that row
    /// (except for one output: there the batch path is <see cref="Dot"/>).
    /// </summary>
    public static void Multiply(
        ReadOnlySpan<float> x, ReadOnlySpan<float> weights, ReadOnlySpan<float> bias, Span<float> y, float lower = float.NegativeInfinity)
    {
        int outputs = y.Length;
        if (weights.Length < (long)x.Length * outputs || bias.Length < outputs)
            throw new ArgumentException($"weights and bias must hold {x.Length} x {outputs} and {outputs} numbers but had {weights.Length} and {bias.Length}.");
        fixed (float* px = x, pw = weights, pb = bias, py = y)
        {
            if (Simd.Width == 512) Multiply<Lane512>(px, x.Length, pw, pb, py, outputs, lower);
            else if (Simd.Width == 256) Multiply<Lane256>(px, x.Length, pw, pb, py, outputs, lower);
            else Multiply<Lane128>(px, x.Length, pw, pb, py, outputs, lower);
        }
    }

    /// <summary>
    /// y[r * yStride] = max(lower, bias + sum over k of x[r * stride + k] w[k]), for each row r. The order of the
    /// sum depends on the lane. Fastest where the caller can give <paramref name="inputs"/> as a multiple of 16, both padded with zeros.
    /// </summary>
    public static void Dot(
        float* x, int stride, int rows, int inputs, float* w, float bias, float* y, int yStride, float lower = float.NegativeInfinity)
    {
        if (Simd.Width == 512) Dot<Lane512>(x, stride, rows, inputs, w, bias, y, yStride, lower);
        else if (Simd.Width == 256) Dot<Lane256>(x, stride, rows, inputs, w, bias, y, yStride, lower);
        else Dot<Lane128>(x, stride, rows, inputs, w, bias, y, yStride, lower);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply<T>(float* x, int inputs, float* w, float* bias, float* y, int outputs, float lower) where T : struct, ILane<T>
    {
        int j = 0;
        T least = T.All(lower);
        for (; j + 8 * T.Count <= outputs; j += 8 * T.Count)
        {
            float* p = w + j, b = bias + j, t = y + j;
            T y0 = T.Load(b), y1 = T.Load(b + T.Count), y2 = T.Load(b + 2 * T.Count), y3 = T.Load(b + 3 * T.Count),
              y4 = T.Load(b + 4 * T.Count), y5 = T.Load(b + 5 * T.Count), y6 = T.Load(b + 6 * T.Count), y7 = T.Load(b + 7 * T.Count);
            for (int k = 0; k < inputs; k++, p += outputs)
            {
                T xk = T.All(x[k]);
                y0 = T.MultiplyAdd(xk, T.Load(p), y0);
                y1 = T.MultiplyAdd(xk, T.Load(p + T.Count), y1);
                y2 = T.MultiplyAdd(xk, T.Load(p + 2 * T.Count), y2);
                y3 = T.MultiplyAdd(xk, T.Load(p + 3 * T.Count), y3);
                y4 = T.MultiplyAdd(xk, T.Load(p + 4 * T.Count), y4);
                y5 = T.MultiplyAdd(xk, T.Load(p + 5 * T.Count), y5);
                y6 = T.MultiplyAdd(xk, T.Load(p + 6 * T.Count), y6);
                y7 = T.MultiplyAdd(xk, T.Load(p + 7 * T.Count), y7);
            }
            T.Store(T.Max(least, y0), t);
            T.Store(T.Max(least, y1), t + T.Count);
            T.Store(T.Max(least, y2), t + 2 * T.Count);
            T.Store(T.Max(least, y3), t + 3 * T.Count);
            T.Store(T.Max(least, y4), t + 4 * T.Count);
            T.Store(T.Max(least, y5), t + 5 * T.Count);
            T.Store(T.Max(least, y6), t + 6 * T.Count);
            T.Store(T.Max(least, y7), t + 7 * T.Count);
        }
        for (; j + T.Count <= outputs; j += T.Count)
        {
            float* p = w + j;
            T sum = T.Load(bias + j);
            for (int k = 0; k < inputs; k++, p += outputs) sum = T.MultiplyAdd(T.All(x[k]), T.Load(p), sum);
            T.Store(T.Max(least, sum), y + j);
        }
        if (j == outputs) return;
        // Fewer columns than a lane: the lane is filled from the side, so that the arithmetic is the same.
        int rest = outputs - j;
        float* edge = stackalloc float[T.Count];
        new Span<float>(edge, T.Count).Clear();
        for (int n = 0; n < rest; n++) edge[n] = bias[j + n];
        T last = T.Load(edge);
        for (int k = 0; k < inputs; k++)
        {
            float* p = w + (nint)k * outputs + j;
            for (int n = 0; n < rest; n++) edge[n] = p[n];
            last = T.MultiplyAdd(T.All(x[k]), T.Load(edge), last);
        }
        T.Store(T.Max(least, last), edge);
        for (int n = 0; n < rest; n++) y[j + n] = edge[n];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Dot<T>(float* x, int stride, int rows, int inputs, float* w, float bias, float* y, int yStride, float lower) where T : struct, ILane<T>
    {
        int whole = inputs / (2 * T.Count) * 2 * T.Count;
        for (int r = 0; r < rows; r++, x += stride, y += yStride)
        {
            T a = default, b = default;
            for (int k = 0; k < whole; k += 2 * T.Count)
            {
                a = T.MultiplyAdd(T.Load(x + k), T.Load(w + k), a);
                b = T.MultiplyAdd(T.Load(x + k + T.Count), T.Load(w + k + T.Count), b);
            }
            int rest = whole;
            if (rest + T.Count <= inputs)
            {
                a = T.MultiplyAdd(T.Load(x + rest), T.Load(w + rest), a);
                rest += T.Count;
            }
            float sum = bias + T.Sum(a + b);
            for (; rest < inputs; rest++) sum += x[rest] * w[rest];
            *y = sum < lower ? lower : sum;
        }
    }
}
