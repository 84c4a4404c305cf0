using Microsoft.ML.LrSchedules.Text;

namespace Microsoft.ML.LrSchedules;

/// <summary>
/// The values of a schedule at the beginnings of equal stairs, each held for its stair:
/// <code>f(t) = inner(w floor(t / w))   with stairs of w steps</code>
/// Stairs count from this part's own start. Beyond the end the end value of the inner schedule holds.
/// Elsewhere: schedulers that are stepped once per epoch; Keras and optax staircase=True.
/// </summary>
public sealed record Staircase : LrSchedule
{
    internal Staircase(LrSchedule inner, TrainingSpan every)
    {
        Inner = inner;
        Every = every.IsRest ? throw Guard.Out(nameof(every), "a length", every, "Stairs are 1.Epochs() or 100.Steps() wide.") : every;
    }

    /// <summary>What is read once per stair.</summary>
    public LrSchedule Inner { get; }

    /// <summary>The width of a stair.</summary>
    public TrainingSpan Every { get; }

    internal override double? LengthIn(Horizon horizon) => Inner.LengthIn(horizon);

    internal override Curve Compile(Horizon horizon, double length, double from) =>
        new StaircaseCurve(Inner.Compile(horizon, length, from: 1), horizon.Steps(Every));

    internal override bool HasFixedLength => Inner.HasFixedLength;

    internal override bool IsHorizonFree => Inner.IsHorizonFree && Every.IsFixed;

    internal override IEnumerable<SchedulePhase> Phases(Horizon horizon, double start, double length) => Inner.Phases(horizon, start, length);

    internal override Node Describe() => new CallBuilder("staircase").Schedule("of", Inner).Span("every", Every).Call;

    internal static LrSchedule Read(Arguments arguments) => new Staircase(arguments.Schedule("of"), arguments.Span("every"));

    private sealed class StaircaseCurve(Curve inner, double every) : Curve
    {
        internal override double End => inner.End;

        internal override double At(double t) => inner.At(every * Positions.Stair(t, every));
    }
}

public abstract partial record LrSchedule
{
    /// <summary>This schedule, read once at the beginning of each epoch.</summary>
    public LrSchedule PerEpoch() => Staircased(1.Epochs());

    /// <summary>This schedule, read once at the beginning of each stair.</summary>
    /// <param name="every">The width of a stair.</param>
    public LrSchedule Staircased(TrainingSpan every) => new Staircase(this, every);
}
