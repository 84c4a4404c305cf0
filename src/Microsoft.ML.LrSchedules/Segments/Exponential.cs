using Microsoft.ML.LrSchedules.Text;

namespace Microsoft.ML.LrSchedules;

/// <summary>
/// The same factor in every period p:
/// <code>f(t) = from factor^(t / p)</code>
/// Unlike a geometric decay it has no end value. For a staircase see <see cref="Step"/>.
/// Elsewhere: PyTorch ExponentialLR, Keras and ML.NET ExponentialDecay, optax exponential_decay, Composer ExponentialScheduler.
/// </summary>
public sealed record Exponential : LrSchedule
{
    internal Exponential(TrainingSpan per, double factor, TrainingSpan over, Level? from)
    {
        Per = per.IsRest ? throw Guard.Out(nameof(per), "a length", per, "The factor applies once per 1.Epochs() or 1000.Steps().") : per;
        Factor = Guard.Positive(factor, "0.9 takes a tenth away in each period.");
        Over = over;
        From = from;
    }

    /// <summary>The period.</summary>
    public TrainingSpan Per { get; }

    /// <summary>The factor of a period, above 0.</summary>
    public double Factor { get; }

    /// <summary>How long.</summary>
    public TrainingSpan Over { get; }

    /// <summary>The start value, or null for the value reached before.</summary>
    public Level? From { get; }

    internal override double? LengthIn(Horizon horizon) => horizon.Length(Over);

    internal override Curve Compile(Horizon horizon, double length, double from) =>
        new ExponentialCurve(From is { } start ? horizon.Factor(start) : from, Factor, horizon.Steps(Per), length);

    internal override bool HasFixedLength => Over.IsFixed;

    internal override bool IsHorizonFree => Per.IsFixed;

    internal override Node Describe() => new CallBuilder("exponential").Span("per", Per).Number("factor", Factor).Span("over", Over).Level("from", From).Call;

    internal static LrSchedule Read(Arguments arguments) => new Exponential(
        arguments.Span("per"), arguments.Number("factor"), arguments.SpanOrRest("over"), arguments.OptionalLevel("from"));

    private sealed class ExponentialCurve(double from, double factor, double per, double length) : Curve
    {
        internal override double End => At(length);

        internal override double At(double t) => from * Math.Pow(factor, t / per);
    }
}

public abstract partial record LrSchedule
{
    /// <inheritdoc cref="LrScheduleStarts.Exponential(double, TrainingSpan, TrainingSpan, double?)"/>
    public LrSchedule Exponential(double factor, TrainingSpan per, TrainingSpan over = default, double? from = null) => Then(new Exponential(per, factor, over, from));
}

public static partial class LrScheduleStarts
{
    extension(LrSchedule)
    {
        /// <summary>Falls by the same factor in every period. <see cref="LrSchedules.Exponential"/> has the formula.</summary>
        /// <param name="factor">The factor of a period, above 0.</param>
        /// <param name="per">The period.</param>
        /// <param name="over">How long; without it, what the other segments leave of the run.</param>
        /// <param name="from">The start value as a factor of the peak rate; without it the value reached before.</param>
        public static LrSchedule Exponential(double factor, TrainingSpan per, TrainingSpan over = default, double? from = null) => new Exponential(per, factor, over, from);
    }
}
