using Microsoft.ML.LrSchedules.Text;

namespace Microsoft.ML.LrSchedules;

/// <summary>Which rate the first update of a warmup has.</summary>
public enum FirstStep
{
    /// <summary>The start value, t / w: with a start at 0 the first update changes nothing. As in HF, optax, Keras, Composer and the seed.</summary>
    AtStart,

    /// <summary>One step above it, (t + 1) / w; the end value is reached by the last step of the warmup. As in pytorch_warmup.</summary>
    AboveStart,
}

/// <summary>
/// A rise to the peak, w steps long:
/// <code>f(t) = from + (to - from) r(1 - u),   u = t / w,   or (t + 1) / w with FirstStep.AboveStart</code>
/// where r is the <see cref="Shape"/>; linear: from + (to - from) u. From 0 the first update changes nothing.
/// Sources: Goyal et al., Accurate, Large Minibatch SGD, 2017, arXiv:1706.02677; Vaswani et al. 2017, arXiv:1706.03762.
/// Elsewhere: PyTorch LinearLR (cannot start at 0), HF num_warmup_steps, optax warmup_*, Composer *WithWarmup.
/// </summary>
public sealed record Warmup : LrSchedule
{
    internal Warmup(TrainingSpan over, Shape shape, Level from, Level to, FirstStep firstStep)
    {
        Over = over;
        Shape = shape ?? throw new ArgumentNullException(nameof(shape));
        From = from;
        To = to;
        FirstStep = Guard.Defined(firstStep, "Say whether the first update has the start value.");
    }

    /// <summary>How long.</summary>
    public TrainingSpan Over { get; }

    /// <summary>The way up, walked backwards.</summary>
    public Shape Shape { get; }

    /// <summary>The start value.</summary>
    public Level From { get; }

    /// <summary>The end value.</summary>
    public Level To { get; }

    /// <summary>Whether the first update has the start value.</summary>
    public FirstStep FirstStep { get; }

    internal override double? LengthIn(Horizon horizon) => horizon.Length(Over);

    internal override Curve Compile(Horizon horizon, double length, double from) =>
        new WarmupCurve(Shape, horizon.Factor(From), horizon.Factor(To), length, FirstStep == FirstStep.AboveStart ? 1 : 0);

    internal override bool HasFixedLength => Over.IsFixed;

    internal override Node Describe() => new CallBuilder("warmup").Span("over", Over).Level("from", From, 0).Level("to", To, 1)
        .Shape("shape", Shape, Shape.Linear).Word("firstStep", FirstStep, FirstStep.AtStart).Call;

    internal static LrSchedule Read(Arguments arguments) => new Warmup(
        arguments.SpanOrRest("over"), arguments.Shape("shape", Shape.Linear), arguments.Level("from", 0), arguments.Level("to", 1),
        arguments.Word("firstStep", FirstStep.AtStart));

    private sealed class WarmupCurve(Shape shape, double from, double to, double length, double ahead) : Curve
    {
        internal override double End => Rise(1);

        internal override double At(double t) => Rise(Math.Min(1, (t + ahead) / length));

        private double Rise(double u) => Blend.Of(to, from, shape.Rise(u));
    }
}

public abstract partial record LrSchedule
{
    /// <inheritdoc cref="LrScheduleStarts.Warmup(TrainingSpan, double, double, Shape, FirstStep, double?)"/>
    public LrSchedule Warmup(TrainingSpan over, double from = 0, double to = 1, Shape? shape = null, FirstStep firstStep = FirstStep.AtStart, double? fromRate = null) =>
        Then(new Warmup(over, shape ?? Shape.Linear, Level.Pick(from, fromRate), to, firstStep));
}

public static partial class LrScheduleStarts
{
    extension(LrSchedule)
    {
        /// <summary>Rises to the peak. <see cref="LrSchedules.Warmup"/> has the formula.</summary>
        /// <param name="over">How long.</param>
        /// <param name="from">The start value as a factor of the peak rate.</param>
        /// <param name="to">The end value as a factor of the peak rate.</param>
        /// <param name="shape">The way up; linear without it.</param>
        /// <param name="firstStep">Whether the first update has the start value or one step above it.</param>
        /// <param name="fromRate">The start value as an absolute rate instead.</param>
        public static LrSchedule Warmup(TrainingSpan over, double from = 0, double to = 1, Shape? shape = null, FirstStep firstStep = FirstStep.AtStart, double? fromRate = null) =>
            new Warmup(over, shape ?? Shape.Linear, Level.Pick(from, fromRate), to, firstStep);
    }
}
