using System.Runtime.CompilerServices;

namespace Microsoft.ML.NeuralNetworks.Kernels;

/// <summary>
/// The way back through what stands behind a matrix product, down the columns of row-major matrices whose rows are a multiple of 16 numbers
/// apart, with zeros (or anything that does no harm) in the padding: whole lanes, no tails. Sums run in the order of the rows.
/// </summary>
internal static unsafe class Columns
{
    /// <summary>What is done beside summing, known to the JIT.</summary>
    private interface IWay
    {
        static abstract bool Rectifies { get; }

        static abstract bool Scales { get; }
    }

    private readonly struct Plain : IWay
    {
        public static bool Rectifies => false;

        public static bool Scales => false;
    }

    private readonly struct Rectified : IWay
    {
        public static bool Rectifies => true;

        public static bool Scales => false;
    }

    private readonly struct Scaled : IWay
    {
        public static bool Rectifies => false;

        public static bool Scales => true;
    }

    private readonly struct RectifiedAndScaled : IWay
    {
        public static bool Rectifies => true;

        public static bool Scales => true;
    }

    /// <summary>
    /// In one pass: gradient = output &gt; 0 ? gradient : 0 (a rectifier's backward pass) where there is an <paramref name="output"/>; sums[j] = (or +=) the
    /// sum of gradient's column j (the bias's gradient); gradient *= factor. <paramref name="sums"/> has room for the columns rounded up to 16.
    /// </summary>
    public static void Sum(float* gradient, int stride, float* output, float factor, int rows, int columns, float* sums, bool accumulate)
    {
        if (Simd.Width == 512) Sum<Lane512>(gradient, stride, output, factor, rows, columns, sums, accumulate);
        else if (Simd.Width == 256) Sum<Lane256>(gradient, stride, output, factor, rows, columns, sums, accumulate);
        else Sum<Lane128>(gradient, stride, output, factor, rows, columns, sums, accumulate);
    }

    public static void Sum<T>(float* gradient, int stride, float* output, float factor, int rows, int columns, float* sums, bool accumulate) where T : struct, ILane<T>
    {
        switch (output != null, factor != 1)
        {
            case (false, false): Sum<T, Plain>(gradient, stride, output, factor, rows, columns, sums, accumulate); break;
            case (true, false): Sum<T, Rectified>(gradient, stride, output, factor, rows, columns, sums, accumulate); break;
            case (false, true): Sum<T, Scaled>(gradient, stride, output, factor, rows, columns, sums, accumulate); break;
            default: Sum<T, RectifiedAndScaled>(gradient, stride, output, factor, rows, columns, sums, accumulate); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Sum<T, TWay>(float* gradient, int stride, float* output, float factor, int rows, int columns, float* sums, bool accumulate)
        where T : struct, ILane<T> where TWay : struct, IWay
    {
        int j = 0, padded = ParameterLayout.Padded(columns);
        T by = T.All(factor);
        for (; j + 4 * T.Count <= padded; j += 4 * T.Count)
        {
            float* p = gradient + j, y = output + j, s = sums + j;
            T a = default, b = default, c = default, d = default;
            if (accumulate) { a = T.Load(s); b = T.Load(s + T.Count); c = T.Load(s + 2 * T.Count); d = T.Load(s + 3 * T.Count); }
            for (int r = 0; r < rows; r++, p += stride, y += stride)
            {
                a += Pass<T, TWay>(p, y, by);
                b += Pass<T, TWay>(p + T.Count, y + T.Count, by);
                c += Pass<T, TWay>(p + 2 * T.Count, y + 2 * T.Count, by);
                d += Pass<T, TWay>(p + 3 * T.Count, y + 3 * T.Count, by);
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
            for (int r = 0; r < rows; r++, p += stride, y += stride) a += Pass<T, TWay>(p, y, by);
            T.Store(a, sums + j);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Pass<T, TWay>(float* gradient, float* output, T factor) where T : struct, ILane<T> where TWay : struct, IWay
    {
        T g = T.Load(gradient);
        if (TWay.Rectifies) g = T.Keep(T.Greater(T.Load(output), T.All(0f)), g);
        if (TWay.Scales) T.Store(g * factor, gradient);
        else if (TWay.Rectifies) T.Store(g, gradient);
        return g;
    }
}
