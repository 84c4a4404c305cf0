using System.Runtime.CompilerServices;

namespace Microsoft.ML.NeuralNetworks.Kernels;

/// <summary>
/// A matrix copied into the order in which the product reads it: panels of two lanes of columns, each panel row after row,
/// filled up with zeros. It is made once and refilled without allocation.
/// </summary>
internal sealed unsafe class PackedMatrix
{
    private readonly Memory<float> buffer;

    /// <summary>Room for <paramref name="maximumRows"/> x <paramref name="columns"/>.</summary>
    public PackedMatrix(int maximumRows, int columns) : this(maximumRows, columns, Simd.Count) { }

    /// <summary>For lanes of <paramref name="laneCount"/> floats.</summary>
    public PackedMatrix(int maximumRows, int columns, int laneCount)
    {
        PanelWidth = 2 * laneCount;
        MaximumRows = maximumRows;
        Columns = columns;
        Rows = maximumRows;
        buffer = AlignedMemory.Allocate<float>(checked(Math.Max(maximumRows, 1) * PaddedColumns(columns)));
    }

    public int MaximumRows { get; }

    public int Columns { get; }

    /// <summary>Rows that the last packing filled.</summary>
    public int Rows { get; private set; }

    private int PanelWidth { get; }

    private int PaddedColumns(int columns) => (columns + PanelWidth - 1) / PanelWidth * PanelWidth;

    public Panels Panels
    {
        get
        {
            fixed (float* data = buffer.Span) return new((nint)data, (nint)Rows * PanelWidth, PanelWidth);
        }
    }

    /// <summary>The number of panels: what threads can divide among them.</summary>
    public int Count => PaddedColumns(Columns) / PanelWidth;

    /// <summary>Takes <paramref name="source"/>, rows x <see cref="Columns"/> with rows <paramref name="stride"/> apart.</summary>
    public void Pack(ReadOnlySpan<float> source, int rows, int stride)
    {
        Resize(rows);
        Pack(source, stride, 0, Count);
    }

    /// <summary>Takes the transpose of <paramref name="source"/>, <see cref="Columns"/> x rows with rows <paramref name="stride"/> apart.</summary>
    public void PackTransposed(ReadOnlySpan<float> source, int rows, int stride)
    {
        Resize(rows);
        PackTransposed(source, stride, 0, Count);
    }

    /// <summary>Says how many rows the packing of single panels will fill.</summary>
    public void Resize(int rows)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, MaximumRows);
        Rows = rows;
    }

    /// <summary>As <see cref="Pack(ReadOnlySpan{float}, int, int)"/>, panels first .. end - 1 alone, all numbers times <paramref name="factor"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Pack(ReadOnlySpan<float> source, int stride, int first, int end, float factor = 1)
    {
        CheckSource(source.Length, Rows, Columns, stride);
        int width = PanelWidth;
        fixed (float* from = source, to = buffer.Span)
        {
            for (int panel = first; panel < end; panel++)
            {
                float* s = from + panel * width;
                float* d = to + (nint)panel * Rows * width;
                int valid = Math.Min(width, Columns - panel * width);
                if (valid == width) CopyRows(s, stride, d, Rows, width, factor);
                else CopyPart(s, stride, d, Rows, width, valid, factor);
            }
        }
    }

    /// <summary>As <see cref="PackTransposed(ReadOnlySpan{float}, int, int)"/>, panels first .. end - 1 alone.</summary>
    public void PackTransposed(ReadOnlySpan<float> source, int stride, int first, int end)
    {
        CheckSource(source.Length, Columns, Rows, stride);
        int width = PanelWidth;
        fixed (float* from = source, to = buffer.Span)
        {
            for (int panel = first; panel < end; panel++)
            {
                float* d = to + (nint)panel * Rows * width;
                int valid = Math.Min(width, Columns - panel * width);
                Transpose.Run(from + (nint)panel * width * stride, stride, d, width, valid, Rows);
                if (valid < width)
                    for (int row = 0; row < Rows; row++) new Span<float>(d + (nint)row * width + valid, width - valid).Clear();
            }
        }
    }

    private static void CheckSource(int length, int rows, int columns, int stride)
    {
        if (rows > 0 && columns > 0 && length < (rows - 1L) * stride + columns)
            throw new ArgumentException($"source must hold {rows} rows of {columns} numbers but had {length}.", nameof(length));
    }

    private static void CopyRows(float* source, int stride, float* target, int rows, int width, float factor)
    {
        if (width == 2 * Lane512.Count) Copy<Lane512>(source, stride, target, rows, width, factor);
        else if (width == 2 * Lane256.Count) Copy<Lane256>(source, stride, target, rows, width, factor);
        else Copy<Lane128>(source, stride, target, rows, width, factor);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Copy<T>(float* source, int stride, float* target, int rows, int width, float factor) where T : struct, ILane<T>
    {
        T by = T.All(factor);
        for (; rows > 0; rows--)
        {
            T.Store(T.Load(source) * by, target);
            T.Store(T.Load(source + T.Count) * by, target + T.Count);
            source += stride;
            target += width;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyPart(float* source, int stride, float* target, int rows, int width, int valid, float factor)
    {
        for (; rows > 0; rows--)
        {
            for (int j = 0; j < valid; j++) target[j] = source[j] * factor;
            new Span<float>(target + valid, width - valid).Clear();
            source += stride;
            target += width;
        }
    }
}
