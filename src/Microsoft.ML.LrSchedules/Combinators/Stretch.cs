using Microsoft.ML.LrSchedules.Text;

namespace Microsoft.ML.LrSchedules;

/// <summary>
/// Another schedule played slower or faster: <c>f(t) = inner(t / factor)</c>, factor times as long.
/// Elsewhere: Composer's scale_schedule_ratio.
/// </summary>
public sealed record Stretch : LrSchedule
{
    internal Stretch(LrSchedule inner, double factor)
    {
        Inner = inner ?? throw new ArgumentNullException(nameof(inner));
        Factor = Guard.Positive(factor, "2 takes twice as long, 0.5 half.");
    }

    /// <summary>What is stretched.</summary>
    public LrSchedule Inner { get; }

    /// <summary>How many times as long.</summary>
    public double Factor { get; }

    internal override double? LengthIn(Horizon horizon) => Inner.LengthIn(horizon) is { } length ? Positions.Snap(Factor * length) : null;

    internal override Curve Compile(Horizon horizon, double length, double from) =>
        new StretchCurve(Inner.Compile(horizon, length / Factor, from: 1), Factor);

    internal override bool HasFixedLength => Inner.HasFixedLength;

    internal override bool IsHorizonFree => Inner.IsHorizonFree;

    internal override double HorizonFree(Horizon horizon, double length) => Factor * Inner.HorizonFree(horizon, length / Factor);

    internal override Node Describe() => new CallBuilder("stretch").Schedule("of", Inner).Number("factor", Factor).Call;

    internal static LrSchedule Read(Arguments arguments) => new Stretch(arguments.Schedule("of"), arguments.Number("factor"));

    private sealed class StretchCurve(Curve inner, double factor) : Curve
    {
        internal override double End => inner.End;

        internal override double At(double t) => inner.At(t / factor);
    }
}

public abstract partial record LrSchedule
{
    /// <summary>This schedule played slower or faster. <see cref="Stretch"/> has the formula.</summary>
    /// <param name="factor">How many times as long, above 0.</param>
    public LrSchedule Stretched(double factor) => new Stretch(this, factor);
}
