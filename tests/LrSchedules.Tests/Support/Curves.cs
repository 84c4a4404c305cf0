namespace Microsoft.ML.LrSchedules.Tests;

/// <summary>Compares schedules with formulas.</summary>
internal static class Curves
{
    /// <summary>Binds a schedule to a run of as many steps, ten to the epoch.</summary>
    internal static BoundSchedule Over(this LrSchedule schedule, long steps, double? peakRate = null) =>
        schedule.Bind(TrainingPlan.OfSteps(10, steps / 10.0), peakRate);

    /// <summary>The curve follows the formula at every step of the run, and holds <paramref name="end"/> from there on.</summary>
    internal static void ShouldFollow(this BoundSchedule bound, Func<double, double> formula, double end)
    {
        for (long t = 0; t < bound.Plan.TotalSteps; t++)
            bound.FactorAt(t).Should().BeApproximately(formula(t), 1e-13, "step {0} of {1}", t, bound.Schedule);
        bound.FactorAt(bound.Plan.TotalSteps).Should().BeApproximately(end, 1e-13, "the value beyond the end holds");
        bound.FactorAt(long.MaxValue).Should().BeApproximately(end, 1e-13, "the value beyond the end holds");
    }

    /// <summary>The text's schedule follows the formula over a run of so many steps.</summary>
    internal static void ShouldFollow(this string text, long steps, Func<double, double> formula, double end) =>
        LrSchedule.Parse(text).Over(steps).ShouldFollow(formula, end);
}
