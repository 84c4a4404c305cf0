using Microsoft.ML.LrSchedules.Text;

namespace Microsoft.ML.LrSchedules;

/// <summary>
/// The same factor at the end of every period p:
/// <code>f(t) = from factor^floor(t / p)</code>
/// Elsewhere: PyTorch StepLR, timm step, Composer StepScheduler, the staircase=True of Keras, optax and ML.NET.
/// </summary>
public sealed record Step : LrSchedule
{
    internal Step(TrainingSpan every, double factor, TrainingSpan over, Level? from)
    {
        Every = every.IsRest ? throw Guard.Out(nameof(every), "a length", every, "The factor applies after every 30.Epochs() or 1000.Steps().") : every;
        Factor = Guard.Positive(factor, "0.1 divides by ten after each period.");
        Over = over;
        From = from;
    }

    /// <summary>The period.</summary>
    public TrainingSpan Every { get; }

    /// <summary>The factor, above 0.</summary>
    public double Factor { get; }

    /// <summary>How long.</summary>
    public TrainingSpan Over { get; }

    /// <summary>The start value, or null for the value reached before.</summary>
    public Level? From { get; }

    internal override double? LengthIn(Horizon horizon) => horizon.Length(Over);

    internal override Curve Compile(Horizon horizon, double length, double from) =>
        new StepCurve(From is { } start ? horizon.Factor(start) : from, Factor, horizon.Steps(Every), length);

    internal override bool HasFixedLength => Over.IsFixed;

    internal override bool IsHorizonFree => Every.IsFixed;

    internal override Node Describe() => new CallBuilder("step").Span("every", Every).Number("factor", Factor).Span("over", Over).Level("from", From).Call;

    internal static LrSchedule Read(Arguments arguments) => new Step(
        arguments.Span("every"), arguments.Number("factor"), arguments.SpanOrRest("over"), arguments.OptionalLevel("from"));

    private sealed class StepCurve(double from, double factor, double every, double length) : Curve
    {
        internal override double End => At(length);

        internal override double At(double t) => from * Math.Pow(factor, Positions.Stair(t, every));
    }
}

public abstract partial record LrSchedule
{
    /// <inheritdoc cref="LrScheduleStarts.Step(TrainingSpan, double, TrainingSpan, double?)"/>
    public LrSchedule Step(TrainingSpan every, double factor, TrainingSpan over = default, double? from = null) => Then(new Step(every, factor, over, from));
}

public static partial class LrScheduleStarts
{
    extension(LrSchedule)
    {
        /// <summary>Falls by a factor at the end of every period. <see cref="LrSchedules.Step"/> has the formula.</summary>
        /// <param name="every">The period.</param>
        /// <param name="factor">The factor, above 0.</param>
        /// <param name="over">How long; without it, what the other segments leave of the run.</param>
        /// <param name="from">The start value as a factor of the peak rate; without it the value reached before.</param>
        public static LrSchedule Step(TrainingSpan every, double factor, TrainingSpan over = default, double? from = null) => new Step(every, factor, over, from);
    }
}
