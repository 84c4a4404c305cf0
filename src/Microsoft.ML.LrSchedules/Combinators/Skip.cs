using Microsoft.ML.LrSchedules.Text;

namespace Microsoft.ML.LrSchedules;

/// <summary>
/// Another schedule from a later position on: <c>f(t) = inner(t + by)</c>, shorter by as much. For decays whose clock runs during a
/// warmup: <c>LrSchedule.Warmup(5.Epochs()).Then(decay.Skipping(5.Epochs()))</c>. A shift to the right is a <see cref="Hold"/> before it.
/// </summary>
public sealed record Skip : LrSchedule
{
    internal Skip(LrSchedule inner, TrainingSpan by)
    {
        Inner = inner ?? throw new ArgumentNullException(nameof(inner));
        By = by.IsRest ? throw Guard.Out(nameof(by), "a length", by, "Say how much of the schedule is left out.") : by;
    }

    /// <summary>What is entered late.</summary>
    public LrSchedule Inner { get; }

    /// <summary>How much of it is left out.</summary>
    public TrainingSpan By { get; }

    internal override double? LengthIn(Horizon horizon)
    {
        if (Inner.LengthIn(horizon) is not { } length)
            return null;
        double by = horizon.Steps(By);
        return by < length ? length - by : throw new ArgumentException(
            $"What is skipped must be shorter than the schedule's {Guard.Text(length)} steps but was {Guard.Text(by)}: {this}. Skip less.");
    }

    internal override Curve Compile(Horizon horizon, double length, double from)
    {
        double by = horizon.Steps(By);
        return new SkipCurve(Inner.Compile(horizon, length + by, from: 1), by);
    }

    internal override bool HasFixedLength => Inner.HasFixedLength && By.IsFixed;

    internal override bool IsHorizonFree => Inner.IsHorizonFree && By.IsFixed;

    internal override Node Describe() => new CallBuilder("skip").Schedule("of", Inner).Span("by", By).Call;

    internal static LrSchedule Read(Arguments arguments) => new Skip(arguments.Schedule("of"), arguments.Span("by"));

    private sealed class SkipCurve(Curve inner, double by) : Curve
    {
        internal override double End => inner.End;

        internal override double At(double t) => inner.At(t + by);
    }
}

public abstract partial record LrSchedule
{
    /// <summary>This schedule without its beginning. <see cref="Skip"/> has the formula.</summary>
    /// <param name="by">How much is left out.</param>
    public LrSchedule Skipping(TrainingSpan by) => new Skip(this, by);
}
