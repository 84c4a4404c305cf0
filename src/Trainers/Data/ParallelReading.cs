using System.Runtime.ExceptionServices;

namespace Microsoft.ML.Trainers.Torch.Data;

/// <summary>
/// Several threads over the same rows. Whoever is free takes the next turn, some blocks, and reads them to their final place, so the result is that
/// of one thread whatever the timing. Turns are taken in order: of several errors the one of the first turn is what one thread would have found.
/// </summary>
/// <param name="source">The rows.</param>
/// <param name="rows">How many they are.</param>
/// <param name="block">Rows that are read at once.</param>
/// <param name="features">Where their features shall lie.</param>
/// <param name="labels">Where their labels shall lie.</param>
/// <param name="weights">Where their weights shall lie; empty without weights.</param>
internal sealed class ParallelReading(InMemoryRows source, int rows, int block, Memory<float> features, Memory<float> labels, Memory<float> weights)
{
    // Where one turn ends and another begins, both threads want the same memory: with a turn for each block, reading takes a quarter longer.
    private const int BlocksPerTurn = 8;
    private const int NoTurn = -1;

    private readonly int rowsPerTurn = block * BlocksPerTurn, turns = (rows + block * BlocksPerTurn - 1) / (block * BlocksPerTurn);
    private readonly Lock gate = new();
    private int taken;
    private volatile bool stopped;
    private int failedTurn = int.MaxValue;
    private ExceptionDispatchInfo? failure;

    /// <summary>Reads all rows.</summary>
    /// <param name="threads">How many, this one included.</param>
    /// <param name="checkAlive">Called by this thread now and then; throws to cancel.</param>
    /// <exception cref="InvalidOperationException">A row cannot be used.</exception>
    public void Run(int threads, Action checkAlive)
    {
        var helpers = new Thread[Math.Clamp(turns - 1, 0, threads - 1)];
        for (int i = 0; i < helpers.Length; i++)
        {
            helpers[i] = new Thread(() => Work(() => { })) { IsBackground = true, Name = "Rows" };
            helpers[i].Start();
        }
        Work(checkAlive);
        foreach (Thread helper in helpers) helper.Join();
        failure?.Throw();
    }

    private void Work(Action checkAlive)
    {
        int turn = NoTurn;
        try
        {
            while (!stopped)
            {
                turn = NoTurn;
                checkAlive();
                turn = Interlocked.Increment(ref taken) - 1;
                if (turn >= turns) return;
                int first = turn * rowsPerTurn, end = Math.Min(rows, first + rowsPerTurn);
                for (; first < end; first += block) Read(first, Math.Min(block, end - first));
            }
        }
        catch (Exception error)
        {
            stopped = true;
            lock (gate)
                if (turn < failedTurn) (failedTurn, failure) = (turn, ExceptionDispatchInfo.Capture(error));
        }
    }

    private void Read(int first, int count) =>
        source.Read(first, count, Rows(features, first, count), Rows(labels, first, count), Rows(weights, first, count));

    private Span<float> Rows(Memory<float> all, int first, int count)
    {
        int width = all.Length / rows;
        return all.Span.Slice(first * width, count * width);
    }
}
