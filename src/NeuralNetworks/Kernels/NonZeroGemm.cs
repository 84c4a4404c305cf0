using System.Numerics;
using System.Runtime.CompilerServices;

namespace Microsoft.ML.NeuralNetworks.Kernels;

/// <summary>
/// The product for a left matrix that is partly zeros: half of it behind a rectifier, nearly all of it where categories were
/// one-hot encoded. Multiply-adds with 0 are left out, which takes a tile of one row. Every number of C is still one chain in the order of k:
/// the bits are those of <see cref="GemmTile"/>, but for the sign of a zero, and for infinities and NaN in B, which a 0 in A hides here.
/// </summary>
internal static unsafe class NonZeroGemm
{
    /// <summary>Numbers of a row of A that share a mask: with four panels, 64 x 8 lanes of AVX-512 are 32 KB, which stay in the first cache.</summary>
    private const int Depth = 64;

    /// <summary>Panels that a row is multiplied with at once: 8 lanes keep the multipliers busy.</summary>
    private const int Group = 4;

    /// <summary>Fewer rows do not repay a look at A, nor its transposition.</summary>
    private const int FewestRows = 16;

    /// <summary>Rows, or columns, of A that are looked at.</summary>
    private const int Samples = 8;

    /// <summary>Panels of a group, known to the JIT.</summary>
    private interface IShape
    {
        static abstract int Panels { get; }
    }

    private readonly struct OnePanel : IShape
    {
        public static int Panels => 1;
    }

    private readonly struct TwoPanels : IShape
    {
        public static int Panels => 2;
    }

    private readonly struct ThreePanels : IShape
    {
        public static int Panels => 3;
    }

    private readonly struct FourPanels : IShape
    {
        public static int Panels => 4;
    }

    /// <summary>
    /// How many of <paramref name="panels"/> whole panels are multiplied faster here than in tiles, judged by the zeros in a sample of A.
    /// </summary>
    public static int PanelsThatPay<T>(float* a, nint ai, nint ak, int rows, int panels, int depth) where T : struct, ILane<T>
    {
        if (panels == 0 || rows < FewestRows || depth < 2 * T.Count || (ai != 1 && ak != 1)) return 0;
        float density = ak == 1 ? Density<T>(a, ai, rows, depth) : Density<T>(a, ak, depth, rows);
        // All panels share one transposition.
        if (ak != 1) density += 0.12f / panels;
        int rest = panels % Group;
        if (density < WorthWhile(rest)) return panels;
        return density < WorthWhile(Group) ? panels - rest : 0;
    }

    // A little below where both take the same time. Multiply-adds of four panels wait for memory, those of fewer for one another.
    private static float WorthWhile(int panels) => panels switch { 4 => 0.7f, 3 => 0.6f, 2 => 0.45f, 1 => 0.25f, _ => 0 };

    /// <summary>The part of numbers that are not zero, in some of <paramref name="lines"/> that lie <paramref name="stride"/> apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Density<T>(float* a, nint stride, int lines, int length) where T : struct, ILane<T>
    {
        int step = Math.Max(1, lines / Samples), nonZeros = 0, seen = 0, whole = length / T.Count * T.Count;
        for (int line = 0; line < lines; line += step)
        {
            float* x = a + line * stride;
            for (int n = 0; n < whole; n += T.Count) nonZeros += BitOperations.PopCount(T.NonZeros(T.Load(x + n)));
            seen += whole;
        }
        return (float)nonZeros / seen;
    }

    /// <summary>
    /// One row: y = max(lower, bias + x B), for whole panels. A row alone has no tile to share B with, so that leaving out zeros costs it nothing.
    /// </summary>
    public static void Row(float* x, Panels b, float* bias, float* y, int panels, int depth, float lower)
    {
        if (Simd.Width == 512) Run<Lane512>(x, depth, 1, b, bias, 0, y, 0, 1, panels, depth, lower);
        else if (Simd.Width == 256) Run<Lane256>(x, depth, 1, b, bias, 0, y, 0, 1, panels, depth, lower);
        else Run<Lane128>(x, depth, 1, b, bias, 0, y, 0, 1, panels, depth, lower);
    }

    /// <summary>
    /// C = max(lower, initial + A B) for <paramref name="panels"/> whole panels. A's number (i, k) is at a[i * ai + k * ak], one of both strides being 1;
    /// row 0 of <paramref name="b"/> belongs to k = 0; <paramref name="initial"/> is null for zeros, a row of numbers for <paramref name="ii"/> = 0.
    /// </summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<T>(
        float* a, nint ai, nint ak, Panels b, float* initial, nint ii, float* c, nint ci, int rows, int panels, int depth, float lower)
        where T : struct, ILane<T>
    {
        int width = 2 * T.Count;
        ulong* masks = stackalloc ulong[rows];
        float* transposed = stackalloc float[ak == 1 ? 0 : rows * Depth];
        float* zeros = stackalloc float[Group * width];
        new Span<float>(zeros, Group * width).Clear();
        nint xi = ak == 1 ? ai : Depth;
        for (int k = 0; k < depth; k += Depth)
        {
            int count = Math.Min(Depth, depth - k);
            float least = k + count == depth ? lower : float.NegativeInfinity;
            float* x = a + k * ak;
            if (ak != 1)
            {
                Transpose.Run(x, (int)ak, transposed, Depth, count, rows);
                x = transposed;
            }
            for (int i = 0; i < rows; i++) masks[i] = Mask<T>(x + i * xi, count);
            float* bk = (float*)b.Data + k * b.RowStride;
            for (int panel = 0; panel < panels; panel += Group)
            {
                int j = panel * width;
                float* start = k > 0 ? c + j : initial != null ? initial + j : zeros;
                nint si = k > 0 ? ci : initial != null ? ii : 0;
                float* bj = bk + panel * b.PanelStride;
                switch (panels - panel)
                {
                    case 1: Rows<T, OnePanel>(x, xi, masks, bj, b, start, si, c + j, ci, rows, least); break;
                    case 2: Rows<T, TwoPanels>(x, xi, masks, bj, b, start, si, c + j, ci, rows, least); break;
                    case 3: Rows<T, ThreePanels>(x, xi, masks, bj, b, start, si, c + j, ci, rows, least); break;
                    default: Rows<T, FourPanels>(x, xi, masks, bj, b, start, si, c + j, ci, rows, least); break;
                }
            }
        }
    }

    /// <summary>Bit k: whether x[k] is not zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mask<T>(float* x, int count) where T : struct, ILane<T>
    {
        ulong mask = 0;
        int k = 0;
        for (; k + T.Count <= count; k += T.Count) mask |= (ulong)T.NonZeros(T.Load(x + k)) << k;
        // The last lane may look at some numbers a second time.
        if (k < count && count > T.Count) return mask | (ulong)T.NonZeros(T.Load(x + count - T.Count)) << (count - T.Count);
        for (; k < count; k++) mask |= x[k] != 0 ? 1ul << k : 0;
        return mask;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows<T, TShape>(
        float* x, nint xi, ulong* masks, float* b, Panels panels, float* initial, nint ii, float* c, nint ci, int rows, float lower)
        where T : struct, ILane<T>
        where TShape : struct, IShape
    {
        nint bk = panels.RowStride;
        float* b1 = b + panels.PanelStride, b2 = b1 + panels.PanelStride, b3 = b2 + panels.PanelStride;
        T least = T.All(lower);
        for (int i = 0; i < rows; i++, x += xi, initial += ii, c += ci)
        {
            T c00 = T.Load(initial), c01 = T.Load(initial + T.Count), c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default;
            if (TShape.Panels > 1) (c10, c11) = (T.Load(initial + 2 * T.Count), T.Load(initial + 3 * T.Count));
            if (TShape.Panels > 2) (c20, c21) = (T.Load(initial + 4 * T.Count), T.Load(initial + 5 * T.Count));
            if (TShape.Panels > 3) (c30, c31) = (T.Load(initial + 6 * T.Count), T.Load(initial + 7 * T.Count));
            for (ulong mask = masks[i]; mask != 0; mask &= mask - 1)
            {
                nint k = BitOperations.TrailingZeroCount(mask);
                nint at = k * bk;
                T xk = T.All(x[k]);
                c00 = T.MultiplyAdd(xk, b + at, c00);
                c01 = T.MultiplyAdd(xk, b + at + T.Count, c01);
                if (TShape.Panels > 1)
                {
                    c10 = T.MultiplyAdd(xk, b1 + at, c10);
                    c11 = T.MultiplyAdd(xk, b1 + at + T.Count, c11);
                }
                if (TShape.Panels > 2)
                {
                    c20 = T.MultiplyAdd(xk, b2 + at, c20);
                    c21 = T.MultiplyAdd(xk, b2 + at + T.Count, c21);
                }
                if (TShape.Panels > 3)
                {
                    c30 = T.MultiplyAdd(xk, b3 + at, c30);
                    c31 = T.MultiplyAdd(xk, b3 + at + T.Count, c31);
                }
            }
            T.Store(T.Max(least, c00), c);
            T.Store(T.Max(least, c01), c + T.Count);
            if (TShape.Panels > 1)
            {
                T.Store(T.Max(least, c10), c + 2 * T.Count);
                T.Store(T.Max(least, c11), c + 3 * T.Count);
            }
            if (TShape.Panels > 2)
            {
                T.Store(T.Max(least, c20), c + 4 * T.Count);
                T.Store(T.Max(least, c21), c + 5 * T.Count);
            }
            if (TShape.Panels > 3)
            {
                T.Store(T.Max(least, c30), c + 6 * T.Count);
                T.Store(T.Max(least, c31), c + 7 * T.Count);
            }
        }
    }
}
