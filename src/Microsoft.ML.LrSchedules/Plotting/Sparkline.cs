namespace Microsoft.ML.LrSchedules;

/// <summary>A curve in one line of text.</summary>
public static class Sparkline
{
    private const string Bars = "▁▂▃▄▅▆▇█";

    /// <param name="bound">The curve.</param>
    extension(BoundSchedule bound)
    {
        /// <summary>The run in <paramref name="width"/> characters, the lowest bar for 0 (or the lowest value, if that is below) and the highest for the largest value.</summary>
        /// <param name="width">Characters, at least 1.</param>
        public string ToSparkline(int width = 60)
        {
            Guard.AtLeast(1, width, "60 characters fit a console line.");
            double[] values = [.. Enumerable.Range(0, width).Select(i => bound.FactorAt((long)((i + 0.5) / width * bound.Plan.TotalSteps)))];
            double low = Math.Min(0, values.Min());
            double height = Math.Max(values.Max() - low, double.Epsilon);
            return string.Concat(values.Select(value => Bars[Math.Min(Bars.Length - 1, (int)((value - low) / height * Bars.Length))]));
        }
    }
}
