namespace Microsoft.ML.LrSchedules;

/// <summary>What a schedule is bound to: the plan that resolves units, and the peak rate that resolves absolute levels.</summary>
internal sealed record Horizon(TrainingPlan Plan, double? PeakRate)
{
    /// <summary>A run of another length, where fractions of the run mean other numbers of steps.</summary>
    internal Horizon WithRun(long steps) => this with { RunSteps = steps };

    private long RunSteps { get; init; } = Plan.TotalSteps;

    internal double Steps(TrainingSpan span) => Positions.Snap(span.Unit == TrainingUnit.OfRun ? span.Value * RunSteps : Plan.StepsIn(span));

    internal double? Length(TrainingSpan span) => span.IsRest ? null : Steps(span);

    internal double Factor(Level level) => !level.IsRate ? level.Value
        : PeakRate is { } peak ? level.Value / peak
        : throw new InvalidOperationException($"peakRate must be given to Bind because the schedule names the absolute rate {Guard.Text(level.Value)}. Pass the optimizer's learning rate, or use a factor of the peak instead.");
}
