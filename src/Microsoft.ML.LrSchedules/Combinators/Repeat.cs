using Microsoft.ML.LrSchedules.Text;

namespace Microsoft.ML.LrSchedules;

/// <summary>
/// Another schedule again and again, each time from its own step 0: <c>f(t) = inner(t mod L)</c>. After the last time its last value
/// holds. An inner schedule without a length takes an equal part of what there is.
/// </summary>
public sealed record Repeat : LrSchedule
{
    internal Repeat(LrSchedule inner, int times)
    {
        Inner = inner ?? throw new ArgumentNullException(nameof(inner));
        Times = Guard.AtLeast(1, times, "Once is the schedule itself.");
    }

    /// <summary>What is repeated.</summary>
    public LrSchedule Inner { get; }

    /// <summary>How often.</summary>
    public int Times { get; }

    internal override double? LengthIn(Horizon horizon) => Inner.LengthIn(horizon) is { } length ? Positions.Snap(Times * length) : null;

    internal override Curve Compile(Horizon horizon, double length, double from) =>
        new RepeatCurve(Inner.Compile(horizon, length / Times, from: 1), length / Times, Times);

    internal override bool HasFixedLength => Inner.HasFixedLength;

    internal override bool IsHorizonFree => Inner.HasFixedLength && Inner.IsHorizonFree;

    internal override Node Describe() => new CallBuilder("repeat").Schedule("of", Inner).Number("times", (int?)Times).Call;

    internal static LrSchedule Read(Arguments arguments) => new Repeat(arguments.Schedule("of"), arguments.Int("times"));

    private sealed class RepeatCurve(Curve inner, double length, int times) : Curve
    {
        internal override double End => inner.End;

        internal override double At(double t) => inner.At(Math.Max(0, t - length * Math.Min(times - 1, Positions.Stair(t, length))));
    }
}

public abstract partial record LrSchedule
{
    /// <summary>This schedule again and again. <see cref="Repeat"/> has the formula.</summary>
    /// <param name="times">How often, at least 1.</param>
    public LrSchedule Repeated(int times) => new Repeat(this, times);
}
