using Microsoft.ML.LrSchedules.Text;

namespace Microsoft.ML.LrSchedules;

/// <summary>
/// A rise that slows down and never quite arrives, with the time scale s:
/// <code>f(t) = 1 - exp(-(t + 1) / s)</code>
/// Meant as a factor: <c>LrSchedule.ExponentialWarmup(...) * schedule</c> dampens without shifting the decay. The untuned one for Adam has
/// s = 1 / (1 - beta2). Source: Ma and Yarats, On the Adequacy of Untuned Warmup for Adaptive Optimization, 2021, arXiv:1910.04209.
/// Elsewhere: pytorch_warmup ExponentialWarmup.
/// </summary>
public sealed record ExponentialWarmup : LrSchedule
{
    internal ExponentialWarmup(TrainingSpan scale, TrainingSpan over)
    {
        Scale = scale.IsRest ? throw Guard.Out(nameof(scale), "a length", scale, "After one scale the factor is 0.63, after three 0.95.") : scale;
        Over = over;
    }

    /// <summary>The time scale.</summary>
    public TrainingSpan Scale { get; }

    /// <summary>How long.</summary>
    public TrainingSpan Over { get; }

    internal override double? LengthIn(Horizon horizon) => horizon.Length(Over);

    internal override Curve Compile(Horizon horizon, double length, double from) => new RiseCurve(horizon.Steps(Scale), length);

    internal override bool HasFixedLength => Over.IsFixed;

    internal override bool IsHorizonFree => Scale.IsFixed;

    internal override Node Describe() => new CallBuilder("exponentialWarmup").Span("scale", Scale).Span("over", Over).Call;

    internal static LrSchedule Read(Arguments arguments) => new ExponentialWarmup(arguments.Span("scale"), arguments.SpanOrRest("over"));

    private sealed class RiseCurve(double scale, double length) : Curve
    {
        internal override double End => At(length);

        internal override double At(double t) => 1 - Math.Exp(-(t + 1) / scale);
    }
}

public abstract partial record LrSchedule
{
    /// <inheritdoc cref="LrScheduleStarts.ExponentialWarmup(TrainingSpan, TrainingSpan)"/>
    public LrSchedule ExponentialWarmup(TrainingSpan scale, TrainingSpan over = default) => Then(new ExponentialWarmup(scale, over));
}

public static partial class LrScheduleStarts
{
    extension(LrSchedule)
    {
        /// <summary>Rises towards 1, ever more slowly. <see cref="LrSchedules.ExponentialWarmup"/> has the formula.</summary>
        /// <param name="scale">The time scale; 1 / (1 - beta2) steps is the untuned warmup of Adam.</param>
        /// <param name="over">How long; without it, what the other segments leave of the run.</param>
        public static LrSchedule ExponentialWarmup(TrainingSpan scale, TrainingSpan over = default) => new ExponentialWarmup(scale, over);
    }
}
