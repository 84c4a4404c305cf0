using Microsoft.ML.LrSchedules.Text;

namespace Microsoft.ML.LrSchedules;

/// <summary>
/// A cosine that never stops: it falls from one value to another in half a period p, rises again in the next, and so on:
/// <code>f(t) = to + (from - to) 0.5 (1 + cos(pi t / p))</code>
/// What PyTorch's CosineAnnealingLR and HF's cosine schedules do beyond their end; <see cref="CosineShape"/> stops there.
/// </summary>
public sealed record CosineWave : LrSchedule
{
    internal CosineWave(TrainingSpan halfPeriod, Level to, TrainingSpan over, Level? from)
    {
        HalfPeriod = halfPeriod.IsRest ? throw Guard.Out(nameof(halfPeriod), "a length", halfPeriod, "Half a period is the length of one fall.") : halfPeriod;
        To = to;
        Over = over;
        From = from;
    }

    /// <summary>How long it falls.</summary>
    public TrainingSpan HalfPeriod { get; }

    /// <summary>The lowest value.</summary>
    public Level To { get; }

    /// <summary>How long.</summary>
    public TrainingSpan Over { get; }

    /// <summary>The start value, or null for the value reached before.</summary>
    public Level? From { get; }

    internal override double? LengthIn(Horizon horizon) => horizon.Length(Over);

    internal override Curve Compile(Horizon horizon, double length, double from) =>
        new WaveCurve(From is { } start ? horizon.Factor(start) : from, horizon.Factor(To), horizon.Steps(HalfPeriod), length);

    internal override bool HasFixedLength => Over.IsFixed;

    internal override bool IsHorizonFree => HalfPeriod.IsFixed;

    internal override Node Describe() => new CallBuilder("cosineWave").Span("halfPeriod", HalfPeriod).Level("to", To, 0).Span("over", Over).Level("from", From).Call;

    internal static LrSchedule Read(Arguments arguments) => new CosineWave(
        arguments.Span("halfPeriod"), arguments.Level("to", 0), arguments.SpanOrRest("over"), arguments.OptionalLevel("from"));

    private sealed class WaveCurve(double from, double to, double halfPeriod, double length) : Curve
    {
        internal override double End => At(length);

        internal override double At(double t) => to + (from - to) * 0.5 * (1 + Math.Cos(Math.PI * (t / halfPeriod)));
    }
}

public abstract partial record LrSchedule
{
    /// <inheritdoc cref="LrScheduleStarts.CosineWave(TrainingSpan, double, TrainingSpan, double?, double?)"/>
    public LrSchedule CosineWave(TrainingSpan halfPeriod, double to = 0, TrainingSpan over = default, double? from = null, double? toRate = null) => Then(new CosineWave(halfPeriod, Level.Pick(to, toRate), over, from));
}

public static partial class LrScheduleStarts
{
    extension(LrSchedule)
    {
        /// <summary>Falls and rises along a cosine. <see cref="LrSchedules.CosineWave"/> has the formula.</summary>
        /// <param name="halfPeriod">How long it falls.</param>
        /// <param name="to">The lowest value as a factor of the peak rate.</param>
        /// <param name="over">How long; without it, what the other segments leave of the run.</param>
        /// <param name="from">The start value as a factor of the peak rate; without it the value reached before.</param>
        /// <param name="toRate">The lowest value as an absolute rate instead.</param>
        public static LrSchedule CosineWave(TrainingSpan halfPeriod, double to = 0, TrainingSpan over = default, double? from = null, double? toRate = null) => new CosineWave(halfPeriod, Level.Pick(to, toRate), over, from);
    }
}
