namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>
/// How many rows of the slower thread's half of a batch the faster one does. Two cores are rarely alike for long: neighbours on the same hardware, heat, or
/// cores of two kinds make one of them a third slower for minutes.
/// </summary>
/// <param name="always">What the answer is, whatever the speeds; null: what they say.</param>
internal sealed class Balance(int? always = null)
{
    // Computing the rows apart and handing their gradient over takes as long as some 8 rows do, in small networks and in large ones.
    private const int LeastRows = 16;

    // What the last steps have shown counts for most after some ten of them; one that was interrupted is soon forgotten.
    private const double Weight = 0.1;

    // A cache line each: two threads write them.
    private readonly double[] latest = new double[16];
    private readonly double[] speeds = new double[2];

    /// <summary>What this thread's half took.</summary>
    /// <param name="part">0 or 1.</param>
    /// <param name="rows">Rows that it did.</param>
    /// <param name="ticks">The time without waiting.</param>
    public void Record(int part, int rows, long ticks) => latest[part * 8] = (double)rows / Math.Max(1, ticks);

    /// <summary>Rows of part 1 that part 0's thread does, or negative, of part 0 that part 1's does.</summary>
    /// <param name="rows">Of the batch.</param>
    /// <param name="unit">They are a multiple of it.</param>
    public int RowsForTheFaster(int rows, int unit)
    {
        int most = Math.Max(0, rows / 2 / unit - 2) * unit;
        if (always is { } rowsAlways) return Math.Clamp(rowsAlways, -most, most);
        for (int part = 0; part < speeds.Length; part++)
            speeds[part] += (speeds[part] == 0 ? 1 : Weight) * (latest[part * 8] - speeds[part]);
        double both = speeds[0] + speeds[1];
        if (both == 0) return 0;
        int given = Math.Clamp((int)Math.Round(rows * (speeds[0] / both - 0.5) / unit) * unit, -most, most);
        return Math.Abs(given) < LeastRows ? 0 : given;
    }
}
