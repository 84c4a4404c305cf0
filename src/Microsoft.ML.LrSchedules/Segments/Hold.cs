using Microsoft.ML.LrSchedules.Text;

namespace Microsoft.ML.LrSchedules;

/// <summary>
/// A constant: <c>f(t) = at</c>, or the value that the schedule reached before. Also called constant, stable phase, plateau.
/// Elsewhere: PyTorch ConstantLR, HF constant, optax constant_schedule, Composer ConstantScheduler.
/// </summary>
public sealed record Hold : LrSchedule
{
    internal Hold(TrainingSpan over, Level? at)
    {
        Over = over;
        At = at;
    }

    /// <summary>How long.</summary>
    public TrainingSpan Over { get; }

    /// <summary>The value, or null for the value reached before.</summary>
    public Level? At { get; }

    internal override double? LengthIn(Horizon horizon) => horizon.Length(Over);

    internal override Curve Compile(Horizon horizon, double length, double from) =>
        new ConstantCurve(At is { } at ? horizon.Factor(at) : from);

    internal override bool HasFixedLength => Over.IsFixed;

    internal override bool IsHorizonFree => true;

    internal override Node Describe() => new CallBuilder("hold").Span("over", Over).Level("at", At).Call;

    internal static LrSchedule Read(Arguments arguments) => new Hold(arguments.SpanOrRest("over"), arguments.OptionalLevel("at"));
}

public abstract partial record LrSchedule
{
    /// <inheritdoc cref="LrScheduleStarts.Hold(TrainingSpan, double?, double?)"/>
    public LrSchedule Hold(TrainingSpan over = default, double? at = null, double? atRate = null) => Then(new Hold(over, Level.PickOptional(at, atRate)));
}

/// <summary>The schedules' first segments, as static methods of <see cref="LrSchedule"/>: <c>LrSchedule.Warmup(5.Epochs())</c>.</summary>
public static partial class LrScheduleStarts
{
    extension(LrSchedule)
    {
        /// <summary>Stays at the value reached before, or at the one given. <see cref="LrSchedules.Hold"/> has the formula.</summary>
        /// <param name="over">How long; without it, what the other segments leave of the run.</param>
        /// <param name="at">The value as a factor of the peak rate.</param>
        /// <param name="atRate">The value as an absolute rate instead.</param>
        public static LrSchedule Hold(TrainingSpan over = default, double? at = null, double? atRate = null) => new Hold(over, Level.PickOptional(at, atRate));
    }
}
