using System.Runtime.CompilerServices;

namespace Microsoft.ML.NeuralNetworks.Kernels;

/// <summary>
/// Piecewise-linear encodings of a column of numbers, times a matrix: prefix sums of the matrix's rows, and a part of the next row. A number is
/// known by the bin that it lies in and how far into it. Matrices have a row more than there are bins, for what lies beyond the last edge, and
/// rows of 8, 16, 32, 48 ... numbers.
/// </summary>
internal static unsafe class PiecewiseLinear
{
    /// <summary>From a row of a matrix to the next.</summary>
    public static int Stride(int width) => width <= Lane256.Count ? Lane256.Count : ParameterLayout.Padded(width);

    /// <summary>
    /// Where each number lies. Below the first edge, and for NaN: (0, 0). From the last edge on: (bins, 0). Bins of no length are never found.
    /// All arrays have room for <paramref name="count"/> rounded up to 32.
    /// </summary>
    public static void Locate(float* x, int count, float* edges, int bins, int* bin, float* fraction)
    {
        if (Simd.Width == 512) Locate<Lane512>(x, count, edges, bins, bin, fraction);
        else if (Simd.Width == 256) Locate<Lane256>(x, count, edges, bins, bin, fraction);
        else Locate<Lane128>(x, count, edges, bins, bin, fraction);
    }

    /// <summary>sums becomes the prefix sums of the rows of matrix on top of its own first row; bins of no length add nothing.</summary>
    public static void PrefixSums(float* matrix, float* edges, int bins, int width, float* sums)
    {
        if (Simd.Width >= 256) PrefixSums<Lane256>(matrix, edges, bins, Stride(width), sums);
        else PrefixSums<Lane128>(matrix, edges, bins, Stride(width), sums);
    }

    /// <summary>y's row = sums' row of the bin + fraction * matrix's row of the bin, in the first <paramref name="width"/> numbers.</summary>
    public static void Interpolate(int* bin, float* fraction, int count, float* sums, float* matrix, int width, float* y, int yStride)
    {
        if (Simd.Width >= 256) Interpolate<Lane256>(bin, fraction, count, sums, matrix, width, y, yStride);
        else Interpolate<Lane128>(bin, fraction, count, sums, matrix, width, y, yStride);
    }

    /// <summary>Adds the gradient d of y to what reached each bin, and its fraction to the gradient of the bin's row. <paramref name="along"/> (or null) is the product of d and the bin's row.</summary>
    public static void Scatter(int* bin, float* fraction, int count, float* d, int dStride, int width, float* reached, float* gradient, float* matrix, float* along)
    {
        if (Simd.Width >= 256) Scatter<Lane256>(bin, fraction, count, d, dStride, width, reached, gradient, matrix, along);
        else Scatter<Lane128>(bin, fraction, count, d, dStride, width, reached, gradient, matrix, along);
    }

    /// <summary>
    /// A bin is full for every number that lies in a later one: gradient's rows grow by the suffix sums of reached, which reached becomes. Bins of no
    /// length have no gradient.
    /// </summary>
    public static void SuffixSums(float* reached, float* edges, int bins, int width, float* gradient)
    {
        if (Simd.Width >= 256) SuffixSums<Lane256>(reached, edges, bins, Stride(width), gradient);
        else SuffixSums<Lane128>(reached, edges, bins, Stride(width), gradient);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Locate<T>(float* x, int count, float* edges, int bins, int* bin, float* fraction) where T : struct, ILane<T>
    {
        // The edges above each number are counted, for many numbers at once: a search would take branches that nothing can predict.
        T one = T.All(1f);
        for (int r = 0; r < count; r += 2 * T.Count)
        {
            T a = T.Load(x + r), b = T.Load(x + r + T.Count), above = default, aboveToo = default;
            for (int k = 0; k <= bins; k++)
            {
                T edge = T.All(edges[k]);
                above += T.Keep(T.Greater(edge, a), one);
                aboveToo += T.Keep(T.Greater(edge, b), one);
            }
            T.Store(above, fraction + r);
            T.Store(aboveToo, fraction + r + T.Count);
        }
        for (int r = 0; r < count; r++)
        {
            int last = x[r] >= edges[0] ? bins - (int)fraction[r] : 0;
            bin[r] = last;
            fraction[r] = last < bins & x[r] >= edges[0] ? (x[r] - edges[last]) / (edges[last + 1] - edges[last]) : 0;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PrefixSums<T>(float* matrix, float* edges, int bins, int stride, float* sums) where T : struct, ILane<T>
    {
        for (int j = 0; j < stride; j += T.Count)
        {
            T sum = T.Load(sums + j);
            for (int bin = 0; bin < bins; bin++)
            {
                if (edges[bin + 1] > edges[bin]) sum += T.Load(matrix + bin * stride + j);
                T.Store(sum, sums + (bin + 1) * stride + j);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Interpolate<T>(int* bin, float* fraction, int count, float* sums, float* matrix, int width, float* y, int yStride) where T : struct, ILane<T>
    {
        int stride = Stride(width);
        float* edge = stackalloc float[T.Count];
        for (int r = 0; r < count; r++, y += yStride)
        {
            int row = bin[r] * stride, j = 0;
            T part = T.All(fraction[r]);
            for (; j + T.Count <= width; j += T.Count) T.Store(T.MultiplyAdd(part, T.Load(matrix + row + j), T.Load(sums + row + j)), y + j);
            if (j == width) continue;
            T.Store(T.MultiplyAdd(part, T.Load(matrix + row + j), T.Load(sums + row + j)), edge);
            for (int k = 0; j < width; j++, k++) y[j] = edge[k];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scatter<T>(int* bin, float* fraction, int count, float* d, int dStride, int width, float* reached, float* gradient, float* matrix, float* along)
        where T : struct, ILane<T>
    {
        int stride = Stride(width);
        float* edge = stackalloc float[T.Count];
        for (int j = 0; j < T.Count; j++) edge[j] = 0;
        for (int r = 0; r < count; r++, d += dStride)
        {
            int row = bin[r] * stride;
            T part = T.All(fraction[r]), product = default;
            for (int j = 0; j < width; j += T.Count)
            {
                float* from = d + j;
                if (j + T.Count > width)
                {
                    for (int k = 0; j + k < width; k++) edge[k] = from[k];
                    from = edge;
                }
                T dj = T.Load(from);
                T.Store(T.Load(reached + row + j) + dj, reached + row + j);
                T.Store(T.MultiplyAdd(part, dj, T.Load(gradient + row + j)), gradient + row + j);
                if (along != null) product = T.MultiplyAdd(T.Load(matrix + row + j), dj, product);
            }
            if (along != null) along[r] = T.Sum(product);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SuffixSums<T>(float* reached, float* edges, int bins, int stride, float* gradient) where T : struct, ILane<T>
    {
        for (int j = 0; j < stride; j += T.Count)
        {
            T sum = T.Load(reached + bins * stride + j);
            for (int bin = bins - 1; bin >= 0; bin--)
            {
                float* own = gradient + bin * stride + j;
                T.Store(edges[bin + 1] > edges[bin] ? T.Load(own) + sum : default, own);
                sum += T.Load(reached + bin * stride + j);
                T.Store(sum, reached + bin * stride + j);
            }
        }
    }
}
