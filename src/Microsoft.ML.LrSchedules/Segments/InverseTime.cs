using Microsoft.ML.LrSchedules.Text;

namespace Microsoft.ML.LrSchedules;

/// <summary>
/// A power of time with the time scale s:
/// <code>f(t) = from (1 + t / s)^-power</code>
/// Power 1 is inverse-time decay and 1/t; 1/2 is inverse-square-root decay, the tail of Noam's schedule: after a warmup of w steps the
/// scale w continues it smoothly. Sources: Robbins and Monro 1951; Vaswani et al., Attention Is All You Need, 2017, arXiv:1706.03762.
/// Elsewhere: Keras InverseTimeDecay, HF inverse_sqrt, scikit-learn invscaling and optimal, ML.NET's SGD.
/// </summary>
public sealed record InverseTime : LrSchedule
{
    internal InverseTime(TrainingSpan scale, double power, TrainingSpan over, Level? from)
    {
        Scale = scale.IsRest ? throw Guard.Out(nameof(scale), "a length", scale, "The scale of a schedule after a warmup is usually the warmup's length.") : scale;
        Power = Guard.Finite(power, "1 is inverse time, 0.5 inverse square root.");
        Over = over;
        From = from;
    }

    /// <summary>The time scale.</summary>
    public TrainingSpan Scale { get; }

    /// <summary>The power; negative ones rise.</summary>
    public double Power { get; }

    /// <summary>How long.</summary>
    public TrainingSpan Over { get; }

    /// <summary>The start value, or null for the value reached before.</summary>
    public Level? From { get; }

    internal override double? LengthIn(Horizon horizon) => horizon.Length(Over);

    internal override Curve Compile(Horizon horizon, double length, double from) =>
        new InverseTimeCurve(From is { } start ? horizon.Factor(start) : from, horizon.Steps(Scale), Power, length);

    internal override bool HasFixedLength => Over.IsFixed;

    internal override bool IsHorizonFree => Scale.IsFixed;

    internal override Node Describe() => new CallBuilder("inverseTime").Span("scale", Scale).Number("power", Power, 1).Span("over", Over).Level("from", From).Call;

    internal static LrSchedule Read(Arguments arguments) => new InverseTime(
        arguments.Span("scale"), arguments.Number("power", 1), arguments.SpanOrRest("over"), arguments.OptionalLevel("from"));

    private sealed class InverseTimeCurve(double from, double scale, double power, double length) : Curve
    {
        internal override double End => At(length);

        internal override double At(double t)
        {
            double time = 1 + t / scale;
            return power switch
            {
                1 => from / time,
                0.5 => from / Math.Sqrt(time),
                _ => from * Math.Pow(time, -power),
            };
        }
    }
}

public abstract partial record LrSchedule
{
    /// <inheritdoc cref="LrScheduleStarts.InverseTime(TrainingSpan, double, TrainingSpan, double?)"/>
    public LrSchedule InverseTime(TrainingSpan scale, double power = 1, TrainingSpan over = default, double? from = null) => Then(new InverseTime(scale, power, over, from));
}

public static partial class LrScheduleStarts
{
    extension(LrSchedule)
    {
        /// <summary>Falls like a power of time. <see cref="LrSchedules.InverseTime"/> has the formula.</summary>
        /// <param name="scale">The time scale: after it, power 1 has halved the value.</param>
        /// <param name="power">The power; 1 for inverse time.</param>
        /// <param name="over">How long; without it, what the other segments leave of the run.</param>
        /// <param name="from">The start value as a factor of the peak rate; without it the value reached before.</param>
        public static LrSchedule InverseTime(TrainingSpan scale, double power = 1, TrainingSpan over = default, double? from = null) => new InverseTime(scale, power, over, from);
    }
}

public abstract partial record LrSchedule
{
    /// <inheritdoc cref="LrScheduleStarts.InverseSquareRoot(TrainingSpan, TrainingSpan, double?)"/>
    public LrSchedule InverseSquareRoot(TrainingSpan scale, TrainingSpan over = default, double? from = null) => Then(new InverseTime(scale, 0.5, over, from));
}

public static partial class LrScheduleStarts
{
    extension(LrSchedule)
    {
        /// <summary>Falls like 1 / sqrt(time): <see cref="LrSchedules.InverseTime"/> with power 1/2.</summary>
        /// <param name="scale">The time scale; after a warmup, its length.</param>
        /// <param name="over">How long; without it, what the other segments leave of the run.</param>
        /// <param name="from">The start value as a factor of the peak rate; without it the value reached before.</param>
        public static LrSchedule InverseSquareRoot(TrainingSpan scale, TrainingSpan over = default, double? from = null) => new InverseTime(scale, 0.5, over, from);
    }
}
