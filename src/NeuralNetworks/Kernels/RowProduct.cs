using System.Runtime.CompilerServices;

namespace Microsoft.ML.NeuralNetworks.Kernels;

/// <summary>Products of rows with a single column: no packing, no scratch memory.</summary>
internal static unsafe class RowProduct
{
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
    public static void Dot<T>(float* x, int stride, int rows, int inputs, float* w, float bias, float* y, int yStride, float lower) where T : struct, ILane<T>
    {
        int whole = inputs / (2 * T.Count) * 2 * T.Count;
        for (int r = 0; r < rows; r++, x += stride, y += yStride)
        {
            T a = default, b = default;
            for (int k = 0; k < whole; k += 2 * T.Count)
            {
                a = T.MultiplyAdd(T.Load(x + k), w + k, a);
                b = T.MultiplyAdd(T.Load(x + k + T.Count), w + k + T.Count, b);
            }
            int rest = whole;
            if (rest + T.Count <= inputs)
            {
                a = T.MultiplyAdd(T.Load(x + rest), w + rest, a);
                rest += T.Count;
            }
            float sum = bias + T.Sum(a + b);
            for (; rest < inputs; rest++) sum += x[rest] * w[rest];
            *y = sum < lower ? lower : sum;
        }
    }
}
