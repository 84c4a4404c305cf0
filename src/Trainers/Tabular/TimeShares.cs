namespace Microsoft.ML.Trainers.Torch.Tabular;

/// <summary>
/// How the runs of a fit share its time. The shares are fixed before the first run begins: runs that are cut at different times by how busy the machine was
/// would be averaged as if they were alike.
/// </summary>
internal static class TimeShares
{
    /// <summary>How many runs one thread has to do after each other.</summary>
    public static int Rounds(int runs, int threads) => (runs + threads - 1) / threads;

    /// <summary>One of so many equal parts; null is no limit.</summary>
    public static TimeSpan? Of(TimeSpan? whole, double parts) =>
        whole is { } time ? TimeSpan.FromTicks(Math.Max(1, (time / parts).Ticks)) : null;
}
