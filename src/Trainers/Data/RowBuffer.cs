using Microsoft.ML.NeuralNetworks;

namespace Microsoft.ML.Trainers.Torch.Data;

/// <summary>Rows of floats that arrive one by one, their number unknown until the end. Grows by chunks, then joins them once.</summary>
internal sealed class RowBuffer(int width)
{
    private const int FloatsPerChunk = 1 << 22;

    private readonly int rowsPerChunk = Math.Max(1, FloatsPerChunk / Math.Max(1, width));
    private readonly List<float[]> chunks = [];
    private int rowsInLast;

    public int Rows { get; private set; }

    /// <summary>The place of the next row.</summary>
    public Span<float> Append()
    {
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

    /// <summary>All rows in one aligned buffer. The chunks are given up on the way.</summary>
    public Memory<float> Join()
    {
        Memory<float> joined = AlignedMemory.Allocate<float>(checked(Rows * width));
        int copied = 0;
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
