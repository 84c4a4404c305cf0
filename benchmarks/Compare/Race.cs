using System.Diagnostics;

namespace MlNetLr.Benchmarks.Compare;

/// <summary>Microseconds per step of one contestant, one number per round.</summary>
internal sealed record Lap(string Name, double[] Microseconds)
{
    public double Median => Statistics.Median(Microseconds);

    public double Best => Microseconds.Min();
}

/// <summary>
/// Measures contestants in turn, many short rounds each, so that whatever else the machine does meets them all alike.
/// Ratios are medians of the ratios within a round.
/// </summary>
internal sealed class Race
{
    private readonly Dictionary<string, Lap> laps;

    private Race(IEnumerable<Lap> laps) => this.laps = laps.ToDictionary(lap => lap.Name);

    public IReadOnlyCollection<Lap> Laps => laps.Values;

    public Lap this[string name] => laps[name];

    /// <param name="contestants">Who takes part.</param>
    /// <param name="rounds">Rounds that count; two more come before.</param>
    /// <param name="milliseconds">About how long a contestant works per round.</param>
    public static Race Run(IReadOnlyList<Contestant> contestants, int rounds, double milliseconds)
    {
        // Code is first compiled quickly and then, after a pause without new code, well: the first seconds say nothing.
        for (int warmUp = 0; warmUp < 3; warmUp++)
        {
            foreach (Contestant contestant in contestants) WarmUp(contestant, 250);
            Thread.Sleep(300);
        }
        int[] steps = [.. contestants.Select(contestant => Calibrate(contestant, milliseconds))];
        var times = contestants.Select(_ => new double[rounds]).ToArray();
        for (int round = -2; round < rounds; round++)
        {
            GC.Collect();
            for (int i = 0; i < contestants.Count; i++)
            {
                int turn = (i + Math.Max(round, 0)) % contestants.Count;
                long start = Stopwatch.GetTimestamp();
                contestants[turn].Steps(steps[turn]);
                if (round >= 0) times[turn][round] = Stopwatch.GetElapsedTime(start).TotalMicroseconds / steps[turn];
            }
        }
        return new Race(contestants.Select((contestant, i) => new Lap(contestant.Name, times[i])));
    }

    /// <summary>The median over the rounds of how many times as long <paramref name="slow"/> takes as <paramref name="fast"/>.</summary>
    public double Ratio(string slow, string fast) =>
        Statistics.Median([.. laps[slow].Microseconds.Zip(laps[fast].Microseconds, (a, b) => a / b)]);

    private static void WarmUp(Contestant contestant, double milliseconds)
    {
        long start = Stopwatch.GetTimestamp();
        for (int steps = 1; Stopwatch.GetElapsedTime(start).TotalMilliseconds < milliseconds; steps = Math.Min(2 * steps, 64)) contestant.Steps(steps);
    }

    private static int Calibrate(Contestant contestant, double milliseconds)
    {
        contestant.Steps(1);
        for (int steps = 1; ; steps *= 4)
        {
            long start = Stopwatch.GetTimestamp();
            contestant.Steps(steps);
            double took = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            if (took > milliseconds / 4) return Math.Max(1, (int)(steps * milliseconds / took));
        }
    }
}
