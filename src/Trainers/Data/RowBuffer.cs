using Microsoft.ML.NeuralNetworks;

namespace Microsoft.ML.Trainers.Torch.Data;

/// <summary>
/// Rows of floats that arrive one by one. Where their number is known, they go to their final place at once; what comes beyond
/// grows by chunks that are joined once.
/// </summary>
/// <param name="width">Numbers per row.</param>
/// <param name="expectedRows">How many rows there should be, if anybody knows.</param>
internal sealed unsafe class RowBuffer(int width, long? expectedRows = null)
{
    private const int FloatsPerChunk = 1 << 22;

    private readonly int rowsPerChunk = Math.Max(1, FloatsPerChunk / Math.Max(1, width));
    private readonly List<float[]> chunks = [];
    private readonly Memory<float> whole =
        expectedRows is { } known && known <= Array.MaxLength / Math.Max(1, width) - 64 ? AlignedMemory.Allocate<float>((int)known * width) : default;
    private float* next;
    private int rowsInWhole;
    private int rowsInLast;

    public int Rows { get; private set; }

    /// <summary>The place of the next row.</summary>
    public Span<float> Append()
    {
        if ((rowsInWhole + 1L) * width <= whole.Length)
        {
            // The rows do not move: a pointer is quicker than a slice of memory, once per row.
            float* row = rowsInWhole++ == 0 ? next = AddressOf(whole) : next;
            next += width;
            Rows++;
            return new Span<float>(row, width);
        }
        if (chunks.Count == 0 || rowsInLast == rowsPerChunk)
        {
            if ((Rows + 1L) * width > Array.MaxLength)
                throw new InvalidOperationException($"The training data must have at most {Array.MaxLength} values in a column but row {Rows} is beyond that. Train on fewer rows or fewer features.");
            chunks.Add(GC.AllocateUninitializedArray<float>(rowsPerChunk * width));
            rowsInLast = 0;
        }
        Rows++;
        return chunks[^1].AsSpan(rowsInLast++ * width, width);
    }

    private static float* AddressOf(Memory<float> pinned)
    {
        fixed (float* address = pinned.Span) return address;
    }

    /// <summary>All rows in one aligned buffer. The chunks are given up on the way.</summary>
    public Memory<float> Join()
    {
        if (Rows == rowsInWhole) return whole[..(Rows * width)];
        Memory<float> joined = AlignedMemory.Allocate<float>(checked(Rows * width));
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
