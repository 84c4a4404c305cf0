using Microsoft.ML.LrSchedules.Text;

namespace Microsoft.ML.LrSchedules;

/// <summary>Another schedule scaled and raised: <c>f(t) = times inner(t) + plus</c>.</summary>
public sealed record Affine : LrSchedule
{
    internal Affine(LrSchedule inner, double times, Level plus)
    {
        Inner = inner ?? throw new ArgumentNullException(nameof(inner));
        Times = Guard.Finite(times, "1 keeps the schedule as it is.");
        Plus = plus;
    }

    /// <summary>What is scaled.</summary>
    public LrSchedule Inner { get; }

    /// <summary>The scale.</summary>
    public double Times { get; }

    /// <summary>What is added.</summary>
    public Level Plus { get; }

    internal override double? LengthIn(Horizon horizon) => Inner.LengthIn(horizon);

    internal override Curve Compile(Horizon horizon, double length, double from) =>
        new AffineCurve(Inner.Compile(horizon, length, from: 1), Times, horizon.Factor(Plus));

    internal override bool HasFixedLength => Inner.HasFixedLength;

    internal override bool IsHorizonFree => Inner.IsHorizonFree;

    internal override double HorizonFree(Horizon horizon, double length) => Inner.HorizonFree(horizon, length);

    internal override IEnumerable<SchedulePhase> Phases(Horizon horizon, double start, double length) => Inner.Phases(horizon, start, length);

    internal override Node Describe() => new CallBuilder("affine").Schedule("of", Inner).Number("times", Times, 1d).Level("plus", Plus, 0).Call;

    internal static LrSchedule Read(Arguments arguments) => new Affine(arguments.Schedule("of"), arguments.Number("times", 1), arguments.Level("plus", 0));

    private sealed class AffineCurve(Curve inner, double times, double plus) : Curve
    {
        internal override double End => times * inner.End + plus;

        internal override double At(double t) => times * inner.At(t) + plus;
    }
}

public abstract partial record LrSchedule
{
    /// <summary>This schedule scaled: <c>f(t) = times inner(t)</c>.</summary>
    /// <param name="times">Finite.</param>
    public LrSchedule Scaled(double times) => new Affine(this, times, 0);

    /// <summary>This schedule raised: <c>f(t) = inner(t) + plus</c>.</summary>
    /// <param name="plus">A factor of the peak rate, or <c>Level.OfRate(1e-5)</c>.</param>
    public LrSchedule Raised(Level plus) => new Affine(this, 1, plus);
}
