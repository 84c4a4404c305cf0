namespace Microsoft.ML.Trainers.Torch.Training;

/// <summary>
/// Which rows each step sees. The order of an epoch is a pure function of the seed and the epoch's number, so a resumed run finds
/// it again without having stored it.
/// </summary>
internal sealed class BatchOrder
{
    private readonly int[] rows;
    private readonly ulong seed;
    private readonly bool shuffle;

    /// <param name="rowCount">Rows in the training data.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="shuffle">Whether each epoch has an order of its own; otherwise rows come as they lie.</param>
    public BatchOrder(int rowCount, ulong seed, bool shuffle)
    {
        rows = new int[rowCount];
        this.seed = seed;
        this.shuffle = shuffle;
        Reset();
    }

    public void StartEpoch(int epoch)
    {
        if (!shuffle) return;
        Reset();
        new RandomStream(seed, RandomStream.Purpose.RowOrder, epoch).Shuffle(rows);
    }

    /// <summary>The rows of a batch of this epoch; the last one may be shorter.</summary>
    public ReadOnlySpan<int> Batch(int index, int batchSize)
    {
        int start = checked(index * batchSize);
        return rows.AsSpan(start, Math.Min(batchSize, rows.Length - start));
    }

    private void Reset()
    {
        for (int i = 0; i < rows.Length; i++) rows[i] = i;
    }
}
