using System.Runtime.ExceptionServices;

namespace Microsoft.ML.Trainers.Torch.Data;

/// <summary>
/// Several cursors over the same rows, each in a thread of its own. Whoever is free takes the next block and reads it to its final place, so the
/// result is that of one cursor whatever the timing. Blocks are taken in order: of several errors the one of the first block is what one cursor
/// would have found.
/// </summary>
internal sealed class ParallelReading(int rows, int block, Memory<float> features, Memory<float> labels, Memory<float> weights)
{
    private const int NoBlock = -1;

    private readonly int blocks = (rows + block - 1) / block;
    private readonly Lock gate = new();
    private int taken;
    private volatile bool stopped, changed;
    private int failedBlock = int.MaxValue;
    private ExceptionDispatchInfo? failure;

    /// <summary>Reads all rows.</summary>
    /// <param name="open">A cursor of its own for each thread.</param>
    /// <param name="threads">How many, this one included.</param>
    /// <param name="checkAlive">Called by this thread now and then; throws to cancel.</param>
    /// <returns>False if the view had other rows than it said; what was read is then of no use.</returns>
    public bool Run(Func<RowReader> open, int threads, Action checkAlive)
    {
        var helpers = new Thread[Math.Min(threads, blocks) - 1];
        for (int i = 0; i < helpers.Length; i++)
        {
            helpers[i] = new Thread(() => Work(open, () => { })) { IsBackground = true, Name = "Rows" };
            helpers[i].Start();
        }
        Work(open, checkAlive);
        foreach (Thread helper in helpers) helper.Join();
        if (!changed || failedBlock == NoBlock) failure?.Throw();
        return !changed;
    }

    private void Work(Func<RowReader> open, Action checkAlive)
    {
        int index = NoBlock;
        try
        {
            using RowReader reader = open();
            for (int next = 0; !stopped;)
            {
                index = NoBlock;
                checkAlive();
                index = Interlocked.Increment(ref taken) - 1;
                if (index >= blocks) return;
                int first = index * block, count = Math.Min(block, rows - first), end = first + count;
                if (!reader.Skip(first - next) || reader.Read(count, Rows(features, first, end), Rows(labels, first, end), Rows(weights, first, end)) < count
                    || (end == rows && reader.Skip(1)))
                    changed = stopped = true;
                next = end;
            }
        }
        catch (Exception error)
        {
            stopped = true;
            lock (gate)
                if (index < failedBlock) (failedBlock, failure) = (index, ExceptionDispatchInfo.Capture(error));
        }
    }

    private Span<float> Rows(Memory<float> all, int first, int end)
    {
        int width = all.Length / rows;
        return all.Span[(first * width)..(end * width)];
    }
}
