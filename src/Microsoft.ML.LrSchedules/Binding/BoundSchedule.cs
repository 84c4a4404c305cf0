namespace Microsoft.ML.LrSchedules;

/// <summary>
/// A schedule resolved against a plan: the fast curve of one run. Immutable and thread-safe; the same step always has the same
/// factor, in any order of calls.
/// </summary>
public sealed class BoundSchedule
{
    private readonly Curve _curve;
    private readonly double _end;
    private readonly Horizon _horizon;

    internal BoundSchedule(LrSchedule schedule, Horizon horizon, Curve curve, double length)
    {
        Schedule = schedule;
        _horizon = horizon;
        LengthInSteps = length;
        _curve = curve;
        _end = curve.End;
    }

    /// <summary>The schedule that was bound.</summary>
    public LrSchedule Schedule { get; }

    /// <summary>The plan it was bound to.</summary>
    public TrainingPlan Plan => _horizon.Plan;

    /// <summary>Where the schedule ends, in steps; at most the run's steps. From there on the last value holds.</summary>
    public double LengthInSteps { get; }

    /// <summary>Its parts, in order: for labels.</summary>
    public IReadOnlyList<SchedulePhase> Phases => [.. Schedule.Phases(_horizon, 0, LengthInSteps)];

    /// <summary>
    /// The factor of the peak rate that the update after <paramref name="step"/> completed updates uses: 0 is the first update.
    /// From the schedule's end on, for ever, its last value.
    /// </summary>
    /// <param name="step">Completed updates, at least 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The step is negative.</exception>
    public double FactorAt(long step)
    {
        if (step < 0)
            ThrowNegative(step);
        return step < LengthInSteps ? _curve.At(step) : _end;
    }

    private static void ThrowNegative(long step) =>
        throw Guard.Out(nameof(step), "at least 0", step, "The first update of a run is step 0.");
}
