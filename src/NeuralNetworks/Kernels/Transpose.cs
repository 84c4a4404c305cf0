using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Microsoft.ML.NeuralNetworks.Kernels;

/// <summary>Transposition in blocks of 8 x 8 or 4 x 4 that stay in registers.</summary>
internal static unsafe class Transpose
{
    /// <summary>target[j * targetStride + i] = source[i * sourceStride + j] for i &lt; rows, j &lt; columns.</summary>
    public static void Run(ReadOnlySpan<float> source, int sourceStride, Span<float> target, int targetStride, int rows, int columns)
    {
        if (rows == 0 || columns == 0) return;
        if (source.Length < (rows - 1L) * sourceStride + columns || target.Length < (columns - 1L) * targetStride + rows)
            throw new ArgumentException($"source and target must hold {rows} x {columns} numbers but had {source.Length} and {target.Length}.");
        fixed (float* from = source, to = target) Run(from, sourceStride, to, targetStride, rows, columns);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(float* source, int sourceStride, float* target, int targetStride, int rows, int columns)
    {
        int block = Avx.IsSupported && Vector256.IsHardwareAccelerated ? 8 : Sse.IsSupported || AdvSimd.Arm64.IsSupported ? 4 : 1;
        int i = 0;
        if (block > 1)
            for (; i + block <= rows; i += block)
            {
                int j = 0;
                for (; j + block <= columns; j += block)
                {
                    float* s = source + (nint)i * sourceStride + j;
                    float* t = target + (nint)j * targetStride + i;
                    if (block == 8) Block8(s, sourceStride, t, targetStride);
                    else Block4(s, sourceStride, t, targetStride);
                }
                Rest(source, sourceStride, target, targetStride, i, i + block, j, columns);
            }
        Rest(source, sourceStride, target, targetStride, i, rows, 0, columns);
    }

    private static void Rest(float* source, int sourceStride, float* target, int targetStride, int i, int rows, int first, int columns)
    {
        for (; i < rows; i++)
            for (int j = first; j < columns; j++)
                target[(nint)j * targetStride + i] = source[(nint)i * sourceStride + j];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Block4(float* s, nint ss, float* t, nint ts)
    {
        Vector128<float> a = Vector128.Load(s), b = Vector128.Load(s + ss), c = Vector128.Load(s + 2 * ss), d = Vector128.Load(s + 3 * ss);
        Vector128<float> ac = ZipLow(a, c), acHigh = ZipHigh(a, c), bd = ZipLow(b, d), bdHigh = ZipHigh(b, d);
        ZipLow(ac, bd).Store(t);
        ZipHigh(ac, bd).Store(t + ts);
        ZipLow(acHigh, bdHigh).Store(t + 2 * ts);
        ZipHigh(acHigh, bdHigh).Store(t + 3 * ts);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> ZipLow(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackLow(a, b) : AdvSimd.Arm64.ZipLow(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> ZipHigh(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackHigh(a, b) : AdvSimd.Arm64.ZipHigh(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Block8(float* s, nint ss, float* t, nint ts)
    {
        // Rows 0..3 beside rows 4..7, in halves: then two rounds of zips inside the halves.
        float* u = s + 4 * ss;
        Vector256<float> a = Pair(s, u), b = Pair(s + ss, u + ss), c = Pair(s + 2 * ss, u + 2 * ss), d = Pair(s + 3 * ss, u + 3 * ss);
        Quarter(a, b, c, d, t, ts);
        s += 4;
        u += 4;
        a = Pair(s, u);
        b = Pair(s + ss, u + ss);
        c = Pair(s + 2 * ss, u + 2 * ss);
        d = Pair(s + 3 * ss, u + 3 * ss);
        Quarter(a, b, c, d, t + 4 * ts, ts);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Pair(float* low, float* high) => Avx.InsertVector128(Vector128.Load(low).ToVector256Unsafe(), Vector128.Load(high), 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Quarter(Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d, float* t, nint ts)
    {
        Vector256<float> ac = Avx.UnpackLow(a, c), acHigh = Avx.UnpackHigh(a, c), bd = Avx.UnpackLow(b, d), bdHigh = Avx.UnpackHigh(b, d);
        Avx.UnpackLow(ac, bd).Store(t);
        Avx.UnpackHigh(ac, bd).Store(t + ts);
        Avx.UnpackLow(acHigh, bdHigh).Store(t + 2 * ts);
        Avx.UnpackHigh(acHigh, bdHigh).Store(t + 3 * ts);
    }
}
