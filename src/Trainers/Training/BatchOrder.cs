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

    private readonly int rowCount, blockRows;
    private readonly ulong seed;
    private readonly bool shuffle;

    // The first row of each block, in the order of the epoch. The block with the last row may be a short one.
    private readonly int[] blocks;
    private int shortBlock;
    private int present = -1;

    // The rows of one batch, made when it is asked for: an array of all rows would be memory that is written once and read once.
    private int[] batch = [];
    private (int Start, int Count) inBatch;
    private int[] whole = [];

    /// <param name="rowCount">Rows in the training data.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="shuffle">Whether each epoch has an order of its own; otherwise rows come as they lie.</param>
    /// <param name="blockRows">Neighbouring rows that stay together when the order is drawn; see <see cref="BlockRows"/>.</param>
    public BatchOrder(int rowCount, ulong seed, bool shuffle, int blockRows = 1)
    {
        this.rowCount = rowCount;
        this.blockRows = blockRows;
        this.seed = seed;
        this.shuffle = shuffle;
        blocks = new int[(rowCount + blockRows - 1) / blockRows];
        Reset();
    }

    /// <summary>The rows of this epoch in their order, in memory that is the same in every epoch.</summary>
    public ReadOnlyMemory<int> Rows
    {
        get
        {
            if (blockRows == 1) return blocks;
            if (whole.Length == 0)
            {
                whole = new int[rowCount];
                Copy(0, whole);
            }
            return whole;
        }
    }

    /// <summary>Draws the order of an epoch; nothing is asked of it before.</summary>
    public void StartEpoch(int epoch)
    {
        if (!shuffle || epoch == present) return;
        present = epoch;
        Reset();
        var random = new RandomStream(seed, RandomStream.Purpose.RowOrder, epoch);
        random.Shuffle(blocks);
        shortBlock = Array.IndexOf(blocks, (blocks.Length - 1) * blockRows);
        if (whole.Length > 0) Copy(0, whole);
    }

    /// <summary>
    /// How many neighbouring rows may stay together: 1 (every row for itself) for data of up to 16 MB or batches below 128; beyond,
    /// as many as leave 64 independent blocks in a batch, at most 64.
    /// </summary>
    public static int BlockRows(int rowCount, int columns, int batchSize) =>
        (long)rowCount * columns <= CachedValues ? 1 : Math.Clamp(batchSize / BlocksPerBatch, 1, LargestBlock);

    /// <summary>The rows of a batch of this epoch, until the next is asked for; the last one may be shorter.</summary>
    public ReadOnlySpan<int> Batch(int index, int batchSize)
    {
        int start = checked(index * batchSize), count = Math.Min(batchSize, rowCount - start);
        if (blockRows == 1) return blocks.AsSpan(start, count);
        if (whole.Length > 0) return whole.AsSpan(start, count);
        if (batch.Length < count) batch = new int[count];
        if (inBatch != (start, count)) Copy(start, batch.AsSpan(0, count));
        inBatch = (start, count);
        return batch.AsSpan(0, count);
    }

    private void Reset()
    {
        for (int i = 0; i < blocks.Length; i++) blocks[i] = i * blockRows;
        shortBlock = blocks.Length - 1;
        inBatch = default;
    }

    /// <summary>The rows from that place of the epoch on.</summary>
    private void Copy(int first, Span<int> rows)
    {
        // Behind the short block, places are counted as if it were whole.
        int missing = blocks.Length * blockRows - rowCount, shortEnd = (shortBlock + 1) * blockRows - missing;
        int place = first < shortEnd ? first : first + missing;
        while (!rows.IsEmpty)
        {
            int block = place / blockRows, skipped = place % blockRows;
            int count = Math.Min(rows.Length, blockRows - skipped - (block == shortBlock ? missing : 0));
            for (int i = 0; i < count; i++) rows[i] = blocks[block] + skipped + i;
            rows = rows[count..];
            place = (block + 1) * blockRows;
        }
    }
}
