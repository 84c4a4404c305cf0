using System.Runtime.CompilerServices;

namespace Microsoft.ML.NeuralNetworks.Kernels;

/// <summary>
/// Numbers scaled and clipped smoothly, sines and cosines of many frequencies of one number, and the small products around them. Lengths are multiples of 16.
/// </summary>
internal static unsafe class Encodings
{
    /// <summary>y = u / sqrt(1 + (u / 3)^2) with u = (x - center) scale. Both have room for <paramref name="count"/> rounded up to 16.</summary>
    public static void RobustScale(float* x, int count, float center, float scale, float* y)
    {
        if (Simd.Width == 512) RobustScale<Lane512>(x, count, center, scale, y);
        else if (Simd.Width == 256) RobustScale<Lane256>(x, count, center, scale, y);
        else RobustScale<Lane128>(x, count, center, scale, y);
    }

    /// <summary>sines[h] = sin(2 pi (x frequencies[h] + turns[h])) and cosines likewise.</summary>
    public static void SinCos(float x, float* frequencies, float* turns, float* sines, float* cosines, int length)
    {
        if (Simd.Width == 512) SinCos<Lane512>(x, frequencies, turns, sines, cosines, length);
        else if (Simd.Width == 256) SinCos<Lane256>(x, frequencies, turns, sines, cosines, length);
        else SinCos<Lane128>(x, frequencies, turns, sines, cosines, length);
    }

    /// <summary>y[j] += sum over i of a[i] matrix[i * width + j].</summary>
    public static void MultiplyAdd(float* a, int count, float* matrix, float* y, int width)
    {
        if (Simd.Width == 512) MultiplyAdd<Lane512>(a, count, matrix, y, width);
        else if (Simd.Width == 256) MultiplyAdd<Lane256>(a, count, matrix, y, width);
        else MultiplyAdd<Lane128>(a, count, matrix, y, width);
    }

    /// <summary>In one pass over a matrix and its gradient: slopes[i] = sum over j of matrix[i * width + j] d[j], and gradient[i * width + j] += a[i] d[j].</summary>
    public static void Backward(float* a, int count, float* matrix, float* gradient, float* d, float* slopes, int width)
    {
        if (Simd.Width == 512) Backward<Lane512>(a, count, matrix, gradient, d, slopes, width);
        else if (Simd.Width == 256) Backward<Lane256>(a, count, matrix, gradient, d, slopes, width);
        else Backward<Lane128>(a, count, matrix, gradient, d, slopes, width);
    }

    /// <summary>cosines[r * length + h] = cos(2 pi (x[r] frequencies[h] + turns[h])).</summary>
    public static void Cosines(float* x, int rows, float* frequencies, float* turns, float* cosines, int length)
    {
        if (Simd.Width == 512) Cosines<Lane512>(x, rows, frequencies, turns, cosines, length);
        else if (Simd.Width == 256) Cosines<Lane256>(x, rows, frequencies, turns, cosines, length);
        else Cosines<Lane128>(x, rows, frequencies, turns, cosines, length);
    }

    /// <summary>
    /// Backward through y[j] = sum over h of cos(2 pi (x frequencies[h] + turns[h])) matrix[j * length + h] for the gradients d of y, a row for each x: adds to the
    /// gradients of matrix, frequencies and turns (of the latter by the phase, 2 pi times a turn), and to <paramref name="back"/> (or null) that of x.
    /// </summary>
    public static void CosinesBackward(
        float* x, int rows, float* frequencies, float* turns, float* matrix, float* d, int stride, int width, int length,
        float* matrixGradient, float* frequencyGradient, float* phaseGradient, float* back)
    {
        if (Simd.Width == 512)
            CosinesBackward<Lane512>(x, rows, frequencies, turns, matrix, d, stride, width, length, matrixGradient, frequencyGradient, phaseGradient, back);
        else if (Simd.Width == 256)
            CosinesBackward<Lane256>(x, rows, frequencies, turns, matrix, d, stride, width, length, matrixGradient, frequencyGradient, phaseGradient, back);
        else
            CosinesBackward<Lane128>(x, rows, frequencies, turns, matrix, d, stride, width, length, matrixGradient, frequencyGradient, phaseGradient, back);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RobustScale<T>(float* x, int count, float center, float scale, float* y) where T : struct, ILane<T>
    {
        T middle = T.All(center), factor = T.All(scale), one = T.All(1f), third = T.All(1 / 3f);
        for (int r = 0; r < count; r += T.Count)
        {
            T u = (T.Load(x + r) - middle) * factor, part = u * third;
            T.Store(u / T.Sqrt(one + part * part), y + r);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Cosines<T>(float* x, int rows, float* frequencies, float* turns, float* cosines, int length) where T : struct, ILane<T>
    {
        for (int h = 0; h < length; h += T.Count)
        {
            T frequency = T.Load(frequencies + h), turn = T.Load(turns + h);
            float* to = cosines + h;
            for (int r = 0; r < rows; r++, to += length) T.Store(Functions.CosOfTurns(T.MultiplyAdd(T.All(x[r]), frequency, turn)), to);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CosinesBackward<T>(
        float* x, int rows, float* frequencies, float* turns, float* matrix, float* d, int stride, int width, int length,
        float* matrixGradient, float* frequencyGradient, float* phaseGradient, float* back)
        where T : struct, ILane<T>
    {
        for (int h = 0; h < length; h += T.Count)
        {
            T frequency = T.Load(frequencies + h), turn = T.Load(turns + h), byFrequency = T.Load(frequencyGradient + h), byPhase = T.Load(phaseGradient + h);
            float* dr = d;
            for (int r = 0; r < rows; r++, dr += stride)
            {
                T value = T.All(x[r]), slope = default;
                Functions.SinCosOfTurns(T.MultiplyAdd(value, frequency, turn), out T sine, out T cosine);
                for (int j = 0, at = h; j < width; j++, at += length)
                {
                    T dj = T.All(dr[j]);
                    slope = T.MultiplyAdd(dj, T.Load(matrix + at), slope);
                    T.Store(T.MultiplyAdd(dj, cosine, T.Load(matrixGradient + at)), matrixGradient + at);
                }
                slope = T.All(0f) - sine * slope;
                byPhase += slope;
                slope *= T.All(MathF.Tau);
                byFrequency = T.MultiplyAdd(value, slope, byFrequency);
                if (back != null) back[r] += T.Sum(frequency * slope);
            }
            T.Store(byFrequency, frequencyGradient + h);
            T.Store(byPhase, phaseGradient + h);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SinCos<T>(float x, float* frequencies, float* turns, float* sines, float* cosines, int length) where T : struct, ILane<T>
    {
        T value = T.All(x);
        for (int h = 0; h < length; h += T.Count)
        {
            Functions.SinCosOfTurns(T.MultiplyAdd(value, T.Load(frequencies + h), T.Load(turns + h)), out T sine, out T cosine);
            T.Store(sine, sines + h);
            T.Store(cosine, cosines + h);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyAdd<T>(float* a, int count, float* matrix, float* y, int width) where T : struct, ILane<T>
    {
        for (int j = 0; j < width; j += T.Count)
        {
            T sum = T.Load(y + j);
            float* p = matrix + j;
            for (int i = 0; i < count; i++, p += width) sum = T.MultiplyAdd(T.All(a[i]), T.Load(p), sum);
            T.Store(sum, y + j);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Backward<T>(float* a, int count, float* matrix, float* gradient, float* d, float* slopes, int width) where T : struct, ILane<T>
    {
        for (int i = 0; i < count; i++, matrix += width, gradient += width)
        {
            T factor = T.All(a[i]), sum = default;
            for (int j = 0; j < width; j += T.Count)
            {
                T dj = T.Load(d + j);
                sum = T.MultiplyAdd(T.Load(matrix + j), dj, sum);
                T.Store(T.MultiplyAdd(factor, dj, T.Load(gradient + j)), gradient + j);
            }
            slopes[i] = T.Sum(sum);
        }
    }
}
