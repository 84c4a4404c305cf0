namespace Microsoft.ML.LrSchedules;

/// <summary>What a schedule is bound to: the plan that resolves units, and the peak rate that resolves absolute levels.</summary>
internal sealed record Horizon(TrainingPlan Plan, double? PeakRate)
{
    internal double Steps(TrainingSpan span) => Plan.StepsIn(span);

    internal double? Length(TrainingSpan span) => span.IsRest ? null : Plan.StepsIn(span);

    internal double Factor(Level level) => !level.IsRate ? level.Value
        : PeakRate is { } peak ? level.Value / peak
        : throw new InvalidOperationException($"peakRate must be given to Bind because the schedule names the absolute rate {Guard.Text(level.Value)}. Pass the optimizer's learning rate, or use a factor of the peak instead.");
}
