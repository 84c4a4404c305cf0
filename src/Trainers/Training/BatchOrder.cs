namespace Microsoft.ML.Trainers.Torch.Training;

/// <summary>
/// Which rows each step sees. The order of an epoch is a pure function of the seed and the epoch's number, so a resumed run finds
/// it again without having stored it.
/// </summary>
internal sealed class BatchOrder
{
    // Reading a row at random costs three to four times as much as reading it in order, unless the data fit into the last cache.
    private const long CachedValues = 4 << 20;
    private const int LargestBlock = 64;
    private const int BlocksPerBatch = 64;

    private readonly int[] rows;
    private readonly int[] blocks;
    private readonly int blockRows;
    private readonly ulong seed;
    private readonly bool shuffle;
    private int present = -1;

    /// <param name="rowCount">Rows in the training data.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="shuffle">Whether each epoch has an order of its own; otherwise rows come as they lie.</param>
    /// <param name="blockRows">Neighbouring rows that stay together when the order is drawn; see <see cref="BlockRows"/>.</param>
    public BatchOrder(int rowCount, ulong seed, bool shuffle, int blockRows = 1)
    {
        rows = new int[rowCount];
        this.blockRows = blockRows;
        blocks = shuffle && blockRows > 1 ? new int[(rowCount + blockRows - 1) / blockRows] : [];
        this.seed = seed;
        this.shuffle = shuffle;
        if (!shuffle) Reset();
    }

    /// <summary>The rows of this epoch in their order, in memory that is the same in every epoch.</summary>
    public ReadOnlyMemory<int> Rows => rows;

    /// <summary>Draws the order of an epoch; nothing is asked of it before.</summary>
    public void StartEpoch(int epoch)
    {
        if (!shuffle || epoch == present) return;
        present = epoch;
        var random = new RandomStream(seed, RandomStream.Purpose.RowOrder, epoch);
        if (blockRows == 1)
        {
            Reset();
            random.Shuffle(rows);
            return;
        }
        for (int i = 0; i < blocks.Length; i++) blocks[i] = i * blockRows;
        random.Shuffle(blocks);
        int position = 0;
        foreach (int first in blocks)
        {
            Span<int> block = rows.AsSpan(position, Math.Min(blockRows, rows.Length - first));
            for (int i = 0; i < block.Length; i++) block[i] = first + i;
            position += block.Length;
        }
    }

    /// <summary>
    /// How many neighbouring rows may stay together: 1 (every row for itself) for data of up to 16 MB or batches below 128; beyond,
    /// as many as leave 64 independent blocks in a batch, at most 64.
    /// </summary>
    public static int BlockRows(int rowCount, int columns, int batchSize) =>
        (long)rowCount * columns <= CachedValues ? 1 : Math.Clamp(batchSize / BlocksPerBatch, 1, LargestBlock);

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
