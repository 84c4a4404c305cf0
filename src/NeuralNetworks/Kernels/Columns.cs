using System.Runtime.CompilerServices;

namespace Microsoft.ML.NeuralNetworks.Kernels;

/// <summary>
/// Passes down the columns of row-major matrices whose rows are a multiple of 16 numbers apart, with zeros (or anything that
/// does no harm) in the padding: whole lanes, no tails. Sums run in the order of the rows.
/// </summary>
internal static unsafe class Columns
{
    /// <summary>sums[j] = (or +=) the sum of column j. <paramref name="sums"/> has room for the columns rounded up to 16.</summary>
    public static void Sum(float* matrix, int stride, int rows, int columns, float* sums, bool accumulate)
    {
        if (Simd.Width == 512) Sum<Lane512>(matrix, stride, rows, columns, sums, accumulate);
        else if (Simd.Width == 256) Sum<Lane256>(matrix, stride, rows, columns, sums, accumulate);
        else Sum<Lane128>(matrix, stride, rows, columns, sums, accumulate);
    }

    /// <summary>
    /// In one pass, gradient = output &gt; 0 ? gradient : 0 (a rectifier's backward pass) and sums[j] = (or +=) the sum of
    /// gradient's column j (the bias's gradient).
    /// </summary>
    public static void RectifyAndSum(float* gradient, int stride, float* output, int outputStride, int rows, int columns, float* sums, bool accumulate)
    {
        if (Simd.Width == 512) RectifyAndSum<Lane512>(gradient, stride, output, outputStride, rows, columns, sums, accumulate);
        else if (Simd.Width == 256) RectifyAndSum<Lane256>(gradient, stride, output, outputStride, rows, columns, sums, accumulate);
        else RectifyAndSum<Lane128>(gradient, stride, output, outputStride, rows, columns, sums, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sum<T>(float* matrix, int stride, int rows, int columns, float* sums, bool accumulate) where T : struct, ILane<T>
    {
        int j = 0, padded = ParameterLayout.Padded(columns);
        for (; j + 4 * T.Count <= padded; j += 4 * T.Count)
        {
            float* p = matrix + j, s = sums + j;
            T a = default, b = default, c = default, d = default;
            if (accumulate) { a = T.Load(s); b = T.Load(s + T.Count); c = T.Load(s + 2 * T.Count); d = T.Load(s + 3 * T.Count); }
            for (int r = 0; r < rows; r++, p += stride)
            {
                a += T.Load(p);
                b += T.Load(p + T.Count);
                c += T.Load(p + 2 * T.Count);
                d += T.Load(p + 3 * T.Count);
            }
            T.Store(a, s);
            T.Store(b, s + T.Count);
            T.Store(c, s + 2 * T.Count);
            T.Store(d, s + 3 * T.Count);
        }
        for (; j < padded; j += T.Count)
        {
            float* p = matrix + j;
            T a = accumulate ? T.Load(sums + j) : default;
            for (int r = 0; r < rows; r++, p += stride) a += T.Load(p);
            T.Store(a, sums + j);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void RectifyAndSum<T>(float* gradient, int stride, float* output, int outputStride, int rows, int columns, float* sums, bool accumulate)
        where T : struct, ILane<T>
    {
        int j = 0, padded = ParameterLayout.Padded(columns);
        T zero = T.All(0f);
        for (; j + 4 * T.Count <= padded; j += 4 * T.Count)
        {
            float* p = gradient + j, y = output + j, s = sums + j;
            T a = default, b = default, c = default, d = default;
            if (accumulate) { a = T.Load(s); b = T.Load(s + T.Count); c = T.Load(s + 2 * T.Count); d = T.Load(s + 3 * T.Count); }
            for (int r = 0; r < rows; r++, p += stride, y += outputStride)
            {
                T g0 = T.Keep(T.Greater(T.Load(y), zero), T.Load(p));
                T g1 = T.Keep(T.Greater(T.Load(y + T.Count), zero), T.Load(p + T.Count));
                T g2 = T.Keep(T.Greater(T.Load(y + 2 * T.Count), zero), T.Load(p + 2 * T.Count));
                T g3 = T.Keep(T.Greater(T.Load(y + 3 * T.Count), zero), T.Load(p + 3 * T.Count));
                T.Store(g0, p);
                T.Store(g1, p + T.Count);
                T.Store(g2, p + 2 * T.Count);
                T.Store(g3, p + 3 * T.Count);
                a += g0;
                b += g1;
                c += g2;
                d += g3;
            }
            T.Store(a, s);
            T.Store(b, s + T.Count);
            T.Store(c, s + 2 * T.Count);
            T.Store(d, s + 3 * T.Count);
        }
        for (; j < padded; j += T.Count)
        {
            float* p = gradient + j, y = output + j;
            T a = accumulate ? T.Load(sums + j) : default;
            for (int r = 0; r < rows; r++, p += stride, y += outputStride)
            {
                T g = T.Keep(T.Greater(T.Load(y), zero), T.Load(p));
                T.Store(g, p);
                a += g;
            }
            T.Store(a, sums + j);
        }
    }
}
