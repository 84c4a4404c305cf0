using Microsoft.ML.LrSchedules.Text;

namespace Microsoft.ML.LrSchedules;

/// <summary>Another schedule kept between two values: <c>f(t) = min(maximum, max(minimum, inner(t)))</c>, each optional.</summary>
public sealed record Clamp : LrSchedule
{
    internal Clamp(LrSchedule inner, Level? minimum, Level? maximum)
    {
        Inner = inner ?? throw new ArgumentNullException(nameof(inner));
        if (minimum is null && maximum is null)
            throw Guard.Out("minimum or maximum", "given", "neither", "A clamp without limits does nothing.");
        Minimum = minimum;
        Maximum = maximum;
    }

    /// <summary>What is kept between the values.</summary>
    public LrSchedule Inner { get; }

    /// <summary>The lower one, or null.</summary>
    public Level? Minimum { get; }

    /// <summary>The upper one, or null.</summary>
    public Level? Maximum { get; }

    internal override double? LengthIn(Horizon horizon) => Inner.LengthIn(horizon);

    internal override Curve Compile(Horizon horizon, double length, double from)
    {
        double minimum = Minimum is { } low ? horizon.Factor(low) : double.NegativeInfinity;
        double maximum = Maximum is { } high ? horizon.Factor(high) : double.PositiveInfinity;
        if (minimum > maximum)
            throw new ArgumentException($"minimum must be at most maximum, {Guard.Text(maximum)}, but was {Guard.Text(minimum)}: {this}. Compare factors with factors and rates with rates.");
        return new ClampCurve(Inner.Compile(horizon, length, from: 1), minimum, maximum);
    }

    internal override bool HasFixedLength => Inner.HasFixedLength;

    internal override bool IsHorizonFree => Inner.IsHorizonFree;

    internal override double HorizonFree(Horizon horizon, double length) => Inner.HorizonFree(horizon, length);

    internal override IEnumerable<SchedulePhase> Phases(Horizon horizon, double start, double length) => Inner.Phases(horizon, start, length);

    internal override Node Describe() => new CallBuilder("clamp").Schedule("of", Inner).Level("minimum", Minimum).Level("maximum", Maximum).Call;

    internal static LrSchedule Read(Arguments arguments) => new Clamp(arguments.Schedule("of"), arguments.OptionalLevel("minimum"), arguments.OptionalLevel("maximum"));

    private sealed class ClampCurve(Curve inner, double minimum, double maximum) : Curve
    {
        internal override double End => Math.Clamp(inner.End, minimum, maximum);

        internal override double At(double t) => Math.Clamp(inner.At(t), minimum, maximum);
    }
}

public abstract partial record LrSchedule
{
    /// <summary>This schedule kept between two values. <see cref="Clamp"/> has the formula.</summary>
    /// <param name="minimum">A factor of the peak rate, or <c>Level.OfRate(1e-6)</c>.</param>
    /// <param name="maximum">A factor of the peak rate, or <c>Level.OfRate(1e-2)</c>.</param>
    public LrSchedule Clamped(Level? minimum = null, Level? maximum = null) => new Clamp(this, minimum, maximum);
}
