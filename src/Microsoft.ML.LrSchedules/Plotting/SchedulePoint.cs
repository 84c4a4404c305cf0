namespace Microsoft.ML.LrSchedules;

/// <summary>One step of a bound schedule.</summary>
/// <param name="Step">Completed updates: 0 is the first update.</param>
/// <param name="Epoch">The same in epochs.</param>
/// <param name="Factor">The factor of the peak rate.</param>
public readonly record struct SchedulePoint(long Step, double Epoch, double Factor);

/// <summary>A part of a bound schedule, for labels.</summary>
/// <param name="Name">The word of the text form, such as warmup or cosine.</param>
/// <param name="Start">Its first step; a fraction where the boundary is one.</param>
/// <param name="End">Where the next part starts.</param>
public readonly record struct SchedulePhase(string Name, double Start, double End);

public abstract partial record LrSchedule
{
    /// <summary>Every step of a run: what the trainer will use, from the same object. For a table or a plot. The list computes its points when they are asked for and takes no memory.</summary>
    /// <param name="plan">The run.</param>
    /// <param name="peakRate">As for <see cref="Bind"/>.</param>
    public IReadOnlyList<SchedulePoint> Sample(TrainingPlan plan, double? peakRate = null) => new SchedulePoints(Bind(plan, peakRate));

    /// <summary>The parts, each from its own start to its own end.</summary>
    internal virtual IEnumerable<SchedulePhase> Phases(Horizon horizon, double start, double length) =>
        [new SchedulePhase(Describe() is Text.CallNode call ? call.Word : "product", start, start + length)];
}
