using Microsoft.ML.NeuralNetworks;

namespace Microsoft.ML.Trainers.Torch.Data;

/// <summary>
/// Rows of floats that arrive block by block. Where their number is known, they go to their final place at once; what comes beyond
/// grows by chunks that are joined once.
/// </summary>
/// <param name="width">Numbers per row.</param>
/// <param name="whole">Room for as many rows as there should be, if anybody knows; aligned.</param>
internal sealed class RowBuffer(int width, Memory<float> whole = default)
{
    private const int FloatsPerChunk = 1 << 22;

    private readonly int rowsPerChunk = Math.Max(1, FloatsPerChunk / Math.Max(1, width));
    private readonly List<float[]> chunks = [];
    private int rowsInWhole;
    private int rowsInLast;

    public int Rows { get; private set; }

    /// <summary>All rows in their final place, before they have arrived; empty where their number is not known.</summary>
    public Memory<float> Whole => whole;

    /// <summary>
    /// One buffer for each width, with room for so many rows; without room where nobody knows how many, or where they are too many for one array.
    /// They share one array, each from a cache line on: small ones of their own would be new memory to the process each time, which costs more than filling it.
    /// </summary>
    public static RowBuffer[] For(long? rows, params ReadOnlySpan<int> widths)
    {
        var buffers = new RowBuffer[widths.Length];
        Memory<float> left = default;
        if (rows <= Array.MaxLength)
        {
            long total = 0;
            foreach (int width in widths) total += Padded(width);
            if (total <= Array.MaxLength - ParameterLayout.Alignment) left = AlignedMemory.AllocateUninitialized<float>((int)total);
        }
        for (int i = 0; i < buffers.Length; i++)
        {
            buffers[i] = new RowBuffer(widths[i], left.IsEmpty ? default : left[..((int)rows!.Value * widths[i])]);
            if (!left.IsEmpty) left = left[(int)Padded(widths[i])..];
        }
        return buffers;

        long Padded(int width) => (rows!.Value * width + ParameterLayout.Alignment - 1) / ParameterLayout.Alignment * ParameterLayout.Alignment;
    }

    /// <summary>Room for the next rows: as many as lie beside each other, at least one.</summary>
    public Span<float> Room()
    {
        if ((rowsInWhole + 1L) * width <= whole.Length) return whole.Span[(rowsInWhole * width)..];
        if (chunks.Count == 0 || rowsInLast == rowsPerChunk)
        {
            if ((Rows + 1L) * width > Array.MaxLength)
                throw new InvalidOperationException($"The training data must have at most {Array.MaxLength} values in a column but row {Rows} is beyond that. Train on fewer rows or fewer features.");
            chunks.Add(GC.AllocateUninitializedArray<float>(rowsPerChunk * width));
            rowsInLast = 0;
        }
        return chunks[^1].AsSpan(rowsInLast * width);
    }

    /// <summary>Says that rows were put into the room.</summary>
    public void Add(int rows)
    {
        if ((rowsInWhole + 1L) * width <= whole.Length) rowsInWhole += rows;
        else rowsInLast += rows;
        Rows += rows;
    }

    /// <summary>All rows in one aligned buffer. The chunks are given up on the way.</summary>
    public Memory<float> Join()
    {
        if (Rows == rowsInWhole) return whole[..(Rows * width)];
        Memory<float> joined = AlignedMemory.AllocateUninitialized<float>(checked(Rows * width));
        int copied = rowsInWhole * width;
        whole.Span[..copied].CopyTo(joined.Span);
        for (int i = 0; i < chunks.Count; i++)
        {
            int count = Math.Min(chunks[i].Length, joined.Length - copied);
            chunks[i].AsSpan(0, count).CopyTo(joined.Span[copied..]);
            copied += count;
            chunks[i] = [];
        }
        return joined;
    }
}
