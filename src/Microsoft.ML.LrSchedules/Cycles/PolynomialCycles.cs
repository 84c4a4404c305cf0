using Microsoft.ML.LrSchedules.Text;

namespace Microsoft.ML.LrSchedules;

/// <summary>
/// Polynomial decays that are stretched each time they arrive: the k-th takes k periods p and starts from its value there:
/// <code>f(t) = to + (from - to) (1 - t / (p k))^power,   k = max(1, ceil(t / p))</code>
/// It is at the end value at every multiple of p and jumps to a lower start each time. Elsewhere: Keras and ML.NET PolynomialDecay(cycle=True).
/// </summary>
public sealed record PolynomialCycles : LrSchedule
{
    internal PolynomialCycles(TrainingSpan period, double power, Level to, TrainingSpan over, Level? from)
    {
        Period = period.IsRest ? throw Guard.Out(nameof(period), "a length", period, "The end value is reached after each period.") : period;
        Power = Guard.Positive(power, "1 is a straight line.");
        To = to;
        Over = over;
        From = from;
    }

    /// <summary>The first period.</summary>
    public TrainingSpan Period { get; }

    /// <summary>The power, above 0.</summary>
    public double Power { get; }

    /// <summary>The end value.</summary>
    public Level To { get; }

    /// <summary>How long.</summary>
    public TrainingSpan Over { get; }

    /// <summary>The start value, or null for the value reached before.</summary>
    public Level? From { get; }

    internal override double? LengthIn(Horizon horizon) => horizon.Length(Over);

    internal override Curve Compile(Horizon horizon, double length, double from) =>
        new CyclesCurve(From is { } start ? horizon.Factor(start) : from, horizon.Factor(To), horizon.Steps(Period), Power, length);

    internal override bool HasFixedLength => Over.IsFixed;

    internal override bool IsHorizonFree => Period.IsFixed;

    internal override Node Describe() => new CallBuilder("polynomialCycles").Span("period", Period).Number("power", Power, 1).Level("to", To, 0).Span("over", Over).Level("from", From).Call;

    internal static LrSchedule Read(Arguments arguments) => new PolynomialCycles(
        arguments.Span("period"), arguments.Number("power", 1), arguments.Level("to", 0), arguments.SpanOrRest("over"), arguments.OptionalLevel("from"));

    private sealed class CyclesCurve(double from, double to, double period, double power, double length) : Curve
    {
        internal override double End => At(length);

        internal override double At(double t)
        {
            double stretched = period * Math.Max(1, Positions.StairsUpTo(t, period));
            return to + (from - to) * Math.Pow(Math.Max(0, 1 - t / stretched), power);
        }
    }
}

public abstract partial record LrSchedule
{
    /// <inheritdoc cref="LrScheduleStarts.PolynomialCycles(TrainingSpan, double, double, TrainingSpan, double?, double?)"/>
    public LrSchedule PolynomialCycles(TrainingSpan period, double power = 1, double to = 0, TrainingSpan over = default, double? from = null, double? toRate = null) => Then(new PolynomialCycles(period, power, Level.Pick(to, toRate), over, from));
}

public static partial class LrScheduleStarts
{
    extension(LrSchedule)
    {
        /// <summary>Decays again and again, each time from a lower start. <see cref="LrSchedules.PolynomialCycles"/> has the formula.</summary>
        /// <param name="period">The first period.</param>
        /// <param name="power">The power, above 0.</param>
        /// <param name="to">The end value as a factor of the peak rate.</param>
        /// <param name="over">How long; without it, what the other segments leave of the run.</param>
        /// <param name="from">The start value as a factor of the peak rate; without it the value reached before.</param>
        /// <param name="toRate">The end value as an absolute rate instead.</param>
        public static LrSchedule PolynomialCycles(TrainingSpan period, double power = 1, double to = 0, TrainingSpan over = default, double? from = null, double? toRate = null) => new PolynomialCycles(period, power, Level.Pick(to, toRate), over, from);
    }
}
