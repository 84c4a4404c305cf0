namespace Microsoft.ML.LrSchedules;

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

    /// <inheritdoc cref="LrScheduleStarts.Geometric(TrainingSpan, double, double?, EndAt, double?)"/>
    public LrSchedule Geometric(TrainingSpan over, double to, double? from = null, EndAt endAt = EndAt.NextStep, double? toRate = null) =>
        Then(new Decay(over, Shape.Linear, from, Level.Pick(to, toRate), endAt, ValueScale.Log));
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

        /// <summary>Goes to a value by equal factors: <c>f(t) = from (to / from)^(t / T)</c>, a straight line on the logarithmic scale.</summary>
        /// <param name="over">How long; <see cref="TrainingSpan.Rest"/> for what the other segments leave of the run.</param>
        /// <param name="to">The end value as a factor of the peak rate, above 0.</param>
        /// <param name="from">The start value; without it the value reached before, which must be above 0.</param>
        /// <param name="endAt">Which step has the end value.</param>
        /// <param name="toRate">The end value as an absolute rate instead.</param>
        public static LrSchedule Geometric(TrainingSpan over, double to, double? from = null, EndAt endAt = EndAt.NextStep, double? toRate = null) =>
            new Decay(over, Shape.Linear, from, Level.Pick(to, toRate), endAt, ValueScale.Log);
    }
}
