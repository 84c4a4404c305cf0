namespace Microsoft.ML.LrSchedules;

/// <summary>Which step has the end value of a <see cref="Decay"/>.</summary>
public enum EndAt
{
    /// <summary>The step after the segment's last: the end value itself is not trained in the segment. As in nearly every system.</summary>
    NextStep,

    /// <summary>The segment's last step, T - 1. As in PyTorch's OneCycleLR.</summary>
    LastStep,
}

/// <summary>
/// A way from one value to another over T steps, down or up:
/// <code>f(t) = to + (from - to) r(u),   u = t / T,   or t / (T - 1) with EndAt.LastStep</code>
/// where r is the <see cref="Shape"/>. Without <c>from</c> it starts where the segment before ended.
/// </summary>
public sealed record Decay : LrSchedule
{
    internal Decay(TrainingSpan over, Shape shape, Level? from, Level to, EndAt endAt)
    {
        Over = over;
        Shape = shape ?? throw new ArgumentNullException(nameof(shape));
        From = from;
        To = to;
        EndAt = Guard.Defined(endAt, "Say which step has the end value.");
    }

    /// <summary>How long.</summary>
    public TrainingSpan Over { get; }

    /// <summary>The way.</summary>
    public Shape Shape { get; }

    /// <summary>The start value, or null for the value reached before.</summary>
    public Level? From { get; }

    /// <summary>The end value.</summary>
    public Level To { get; }

    /// <summary>Which step has the end value.</summary>
    public EndAt EndAt { get; }

    internal override double? LengthIn(Horizon horizon) => horizon.Length(Over);

    internal override Curve Compile(Horizon horizon, double length, double from) =>
        new DecayCurve(Shape, From is { } start ? horizon.Factor(start) : from, horizon.Factor(To), EndAt == EndAt.LastStep ? length - 1 : length);

    private sealed class DecayCurve(Shape shape, double from, double to, double length) : Curve
    {
        internal override double End => Way(1);

        internal override double At(double t) => Way(t < length ? t / length : 1);

        private double Way(double u) => to + (from - to) * shape.Left(u);
    }
}

public abstract partial record LrSchedule
{
    /// <inheritdoc cref="LrScheduleStarts.Decay(TrainingSpan, Shape, double, double?, EndAt, double?)"/>
    public LrSchedule Decay(TrainingSpan over, Shape shape, double to = 0, double? from = null, EndAt endAt = EndAt.NextStep, double? toRate = null) =>
        Then(new Decay(over, shape, from, Level.Pick(to, toRate), endAt));

    /// <inheritdoc cref="LrScheduleStarts.Linear(TrainingSpan, double, double?, EndAt, double?)"/>
    public LrSchedule Linear(TrainingSpan over = default, double to = 0, double? from = null, EndAt endAt = EndAt.NextStep, double? toRate = null) =>
        Decay(over, Shape.Linear, to, from, endAt, toRate);

    /// <inheritdoc cref="LrScheduleStarts.Cosine(TrainingSpan, double, double?, EndAt, double?)"/>
    public LrSchedule Cosine(TrainingSpan over = default, double to = 0, double? from = null, EndAt endAt = EndAt.NextStep, double? toRate = null) =>
        Decay(over, Shape.Cosine(), to, from, endAt, toRate);

    /// <inheritdoc cref="LrScheduleStarts.Polynomial(TrainingSpan, double, double, double?, EndAt, double?)"/>
    public LrSchedule Polynomial(TrainingSpan over = default, double power = 1, double to = 0, double? from = null, EndAt endAt = EndAt.NextStep, double? toRate = null) =>
        Decay(over, Shape.Polynomial(power), to, from, endAt, toRate);
}

public static partial class LrScheduleStarts
{
    extension(LrSchedule)
    {
        /// <summary>Goes to a value in the given shape. <see cref="LrSchedules.Decay"/> has the formula.</summary>
        /// <param name="over">How long; <see cref="TrainingSpan.Rest"/> for what the other segments leave of the run.</param>
        /// <param name="shape">The way.</param>
        /// <param name="to">The end value as a factor of the peak rate.</param>
        /// <param name="from">The start value; without it the value reached before.</param>
        /// <param name="endAt">Which step has the end value.</param>
        /// <param name="toRate">The end value as an absolute rate instead.</param>
        public static LrSchedule Decay(TrainingSpan over, Shape shape, double to = 0, double? from = null, EndAt endAt = EndAt.NextStep, double? toRate = null) =>
            new Decay(over, shape, from, Level.Pick(to, toRate), endAt);

        /// <summary>Goes to a value on a straight line. <see cref="LinearShape"/> has the formula.</summary>
        /// <param name="over">How long; without it, what the other segments leave of the run.</param>
        /// <param name="to">The end value as a factor of the peak rate.</param>
        /// <param name="from">The start value; without it the value reached before.</param>
        /// <param name="endAt">Which step has the end value.</param>
        /// <param name="toRate">The end value as an absolute rate instead.</param>
        public static LrSchedule Linear(TrainingSpan over = default, double to = 0, double? from = null, EndAt endAt = EndAt.NextStep, double? toRate = null) =>
            Decay(over, Shape.Linear, to, from, endAt, toRate);

        /// <summary>Goes to a value along half a cosine wave. <see cref="CosineShape"/> has the formula.</summary>
        /// <param name="over">How long; without it, what the other segments leave of the run.</param>
        /// <param name="to">The end value as a factor of the peak rate.</param>
        /// <param name="from">The start value; without it the value reached before.</param>
        /// <param name="endAt">Which step has the end value.</param>
        /// <param name="toRate">The end value as an absolute rate instead.</param>
        public static LrSchedule Cosine(TrainingSpan over = default, double to = 0, double? from = null, EndAt endAt = EndAt.NextStep, double? toRate = null) =>
            Decay(over, Shape.Cosine(), to, from, endAt, toRate);

        /// <summary>Goes to a value with a power of what is left. <see cref="PolynomialShape"/> has the formula.</summary>
        /// <param name="over">How long; without it, what the other segments leave of the run.</param>
        /// <param name="power">Above 0; 1 is a straight line.</param>
        /// <param name="to">The end value as a factor of the peak rate.</param>
        /// <param name="from">The start value; without it the value reached before.</param>
        /// <param name="endAt">Which step has the end value.</param>
        /// <param name="toRate">The end value as an absolute rate instead.</param>
        public static LrSchedule Polynomial(TrainingSpan over = default, double power = 1, double to = 0, double? from = null, EndAt endAt = EndAt.NextStep, double? toRate = null) =>
            Decay(over, Shape.Polynomial(power), to, from, endAt, toRate);
    }
}
