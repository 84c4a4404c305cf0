using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using static Microsoft.ML.NeuralNetworks.Kernels.GemmTile;

namespace Microsoft.ML.NeuralNetworks.Kernels;

/// <summary>
/// Products of float matrices, blocked for the caches. All three products of a dense layer are one: the left matrix is read
/// in place with any two strides (so also transposed), the right one comes as <see cref="Panels"/>. Blocks of the left one that
/// are partly zeros take the way of <see cref="NonZeroGemm"/>. Deterministic: see <see cref="GemmTile"/>.
/// </summary>
internal static unsafe class Gemm
{
    /// <summary>Rows of a panel that are used at once: 256 x 2 lanes of AVX-512 are 32 KB.</summary>
    public const int DepthBlock = 256;

    /// <summary>Tiles of rows that a panel serves while it is in the first cache: 128 rows x 256 of A are 128 KB of the second.</summary>
    private const int RowTiles = 16;

    /// <summary>From 1 MB per block of depth on, the panels come from behind the second cache: they are used by twice as many rows, and asked for in time.</summary>
    private const int FarLength = 1 << 18;

    /// <summary>
    /// C = A B, or bias + A B, or C + A B, and then max(lower, .): 0 for a rectifier, negative infinity for nothing.
    /// A's number (i, k) is at a[i * ai + k * ak]; C's rows are <paramref name="ci"/> apart; <paramref name="bias"/> is null,
    /// or one number per column, which excludes <paramref name="accumulate"/>.
    /// </summary>
    public static void Multiply(
        float* a, int ai, int ak, Panels b, float* bias, float* c, int ci, int rows, int columns, int depth, bool accumulate = false, float lower = float.NegativeInfinity)
    {
        // Half a lane for up to 8 columns: one panel either way.
        if (Simd.Width == 512 && columns > Lane256.Count) Run<Lane512>(a, ai, ak, b, bias, c, ci, rows, columns, depth, accumulate, lower);
        else if (Simd.Width >= 256) Run<Lane256>(a, ai, ak, b, bias, c, ci, rows, columns, depth, accumulate, lower);
        else Run<Lane128>(a, ai, ak, b, bias, c, ci, rows, columns, depth, accumulate, lower);
    }

    /// <summary>The product with lanes of one kind; the panels must be of that kind too.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<T>(
        float* a, nint ai, nint ak, Panels b, float* bias, float* c, nint ci, int rows, int columns, int depth, bool accumulate, float lower)
        where T : struct, ILane<T>
    {
        int width = 2 * T.Count;
        bool far = (long)Math.Min(depth, DepthBlock) * columns >= FarLength;
        int block = (far ? 2 : 1) * RowTiles * T.TileRows;
        float* start = stackalloc float[width];
        float* edge = stackalloc float[8 * width];
        for (int k = 0; k == 0 || k < depth; k += DepthBlock)
        {
            int count = Math.Min(DepthBlock, depth - k);
            bool continues = accumulate || k > 0;
            float least = k + count == depth ? lower : float.NegativeInfinity;
            for (int row = 0; row < rows; row += block)
            {
                int end = Math.Min(rows, row + block);
                float* ofA = a + row * ai + k * ak, ofC = c + row * ci;
                int panel = NonZeroGemm.PanelsThatPay<T>(ofA, ai, ak, end - row, columns / width, count);
                if (panel > 0)
                {
                    Panels ofB = b with { Data = b.Data + k * b.RowStride * sizeof(float) };
                    NonZeroGemm.Run<T>(ofA, ai, ak, ofB, continues ? ofC : bias, continues ? ci : 0, ofC, ci, end - row, panel, count, least);
                }
                for (int j = panel * width; j < columns; j += width, panel++)
                {
                    int valid = Math.Min(width, columns - j);
                    bool wide = valid > T.Count;
                    bool whole = valid == (wide ? width : T.Count);
                    float* bj = (float*)b.Data + panel * b.PanelStride + k * b.RowStride;
                    if (!continues)
                    {
                        new Span<float>(start, width).Clear();
                        if (bias != null) new ReadOnlySpan<float>(bias + j, valid).CopyTo(new Span<float>(start, width));
                    }
                    int share = far && j + width < columns ? (count * T.TileRows + end - row - 1) / (end - row) : 0, asked = 0;
                    for (int i = row; i < end;)
                    {
                        // With each tile a share of the next panel, and the next tile's sums.
                        if (share > 0) asked = AskFor(bj + b.PanelStride, b.RowStride, asked, Math.Min(count, asked + share), width);
                        float* aik = a + i * ai + k * ak;
                        float* cij = c + i * ci + j;
                        int height = Height<T>(end - i);
                        if (far && continues) AskFor(cij, ci, height, Math.Min(end - i, 2 * height), valid);
                        if (whole)
                        {
                            Tile<T>(height, wide, aik, ai, ak, bj, b.RowStride, continues ? cij : start, continues ? ci : 0, cij, ci, count, least);
                        }
                        else
                        {
                            // Columns beyond the matrix are computed beside it.
                            if (continues) Copy(cij, ci, edge, width, height, valid);
                            Tile<T>(height, wide, aik, ai, ak, bj, b.RowStride, continues ? edge : start, continues ? width : 0, edge, width, count, least);
                            Copy(edge, width, cij, ci, height, valid);
                        }
                        i += height;
                    }
                }
            }
        }
    }

    /// <summary>Asks for rows first .. end - 1 of a matrix to come into the second cache (a panel would fill the first), and returns end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int AskFor(float* matrix, nint stride, int first, int end, int columns)
    {
        if (Sse.IsSupported)
            for (int row = first; row < end; row++)
                for (int j = 0; j < columns; j += Rows.CacheLine) Sse.Prefetch1(matrix + row * stride + j);
        return end;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Copy(float* source, nint sourceStride, float* target, nint targetStride, int rows, int columns)
    {
        for (; rows > 0; rows--)
        {
            for (int j = 0; j < columns; j++) target[j] = source[j];
            source += sourceStride;
            target += targetStride;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Height<T>(int rows) where T : struct, ILane<T> => rows >= T.TileRows ? T.TileRows : rows >= 4 ? 4 : rows >= 2 ? 2 : 1;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile<T>(
        int height, bool wide, float* a, nint ai, nint ak, float* b, nint bk, float* initial, nint ii, float* c, nint ci, int count, float lower)
        where T : struct, ILane<T>
    {
        switch (height, wide)
        {
            case (8, true): Multiply<T, Shape8Wide>(a, ai, ak, b, bk, initial, ii, c, ci, count, lower); break;
            case (8, false): Multiply<T, Shape8Narrow>(a, ai, ak, b, bk, initial, ii, c, ci, count, lower); break;
            case (6, true): Multiply<T, Shape6Wide>(a, ai, ak, b, bk, initial, ii, c, ci, count, lower); break;
            case (6, false): Multiply<T, Shape6Narrow>(a, ai, ak, b, bk, initial, ii, c, ci, count, lower); break;
            case (4, true): Multiply<T, Shape4Wide>(a, ai, ak, b, bk, initial, ii, c, ci, count, lower); break;
            case (4, false): Multiply<T, Shape4Narrow>(a, ai, ak, b, bk, initial, ii, c, ci, count, lower); break;
            case (2, true): Multiply<T, Shape2Wide>(a, ai, ak, b, bk, initial, ii, c, ci, count, lower); break;
            case (2, false): Multiply<T, Shape2Narrow>(a, ai, ak, b, bk, initial, ii, c, ci, count, lower); break;
            case (1, true): Multiply<T, Shape1Wide>(a, ai, ak, b, bk, initial, ii, c, ci, count, lower); break;
            default: Multiply<T, Shape1Narrow>(a, ai, ak, b, bk, initial, ii, c, ci, count, lower); break;
        }
    }
}
