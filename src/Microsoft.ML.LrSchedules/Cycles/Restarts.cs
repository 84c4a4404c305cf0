using Microsoft.ML.LrSchedules.Text;

namespace Microsoft.ML.LrSchedules;

/// <summary>
/// The same decay again and again, each time from the top (warm restarts); cycle i is L_i steps long, s is the position in it:
/// <code>
/// f(t) = to + (from h^i - to) r((s - w) / (L_i - w))     for s &gt;= w
/// f(t) = to + (from h^i - to) s / w                      for s &lt; w, the warmup of each cycle
/// L_i  = w + (first - w) m^i
/// </code>
/// m makes cycles longer, h makes them lower. After the last cycle, if there is one, the end value holds. With the cosine shape:
/// Loshchilov and Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, 2017, arXiv:1608.03983.
/// Elsewhere: PyTorch CosineAnnealingWarmRestarts, Keras CosineDecayRestarts, HF hard restarts, timm cycle_*, optax sgdr_schedule.
/// </summary>
public sealed record Restarts : LrSchedule
{
    internal Restarts(TrainingSpan first, Shape shape, Level to, double lengthFactor, double heightFactor, int? cycles, TrainingSpan? warmup, Level? from)
    {
        First = first.IsRest ? throw Guard.Out(nameof(first), "a length", first, "The first cycle is some epochs long, or 0.25.OfRun().") : first;
        Shape = shape ?? throw new ArgumentNullException(nameof(shape));
        To = to;
        LengthFactor = Guard.AtLeast(1, lengthFactor, "1 keeps the length of the cycles, 2 doubles it.");
        HeightFactor = Guard.Positive(heightFactor, "1 keeps the height of the cycles, 0.5 halves it.");
        Cycles = cycles is { } n ? Guard.AtLeast(1, n, "Leave it out for as many as fit.", nameof(cycles)) : null;
        CycleWarmup = warmup is { IsRest: true } ? throw Guard.Out(nameof(warmup), "a length", warmup, "Leave it out for cycles that start at the top.") : warmup;
        From = from;
    }

    /// <summary>The first cycle, with its warmup.</summary>
    public TrainingSpan First { get; }

    /// <summary>The decay.</summary>
    public Shape Shape { get; }

    /// <summary>The end value of each cycle.</summary>
    public Level To { get; }

    /// <summary>m, at least 1.</summary>
    public double LengthFactor { get; }

    /// <summary>h, above 0.</summary>
    public double HeightFactor { get; }

    /// <summary>How many cycles; null for as many as fit.</summary>
    public int? Cycles { get; }

    /// <summary>w, the warmup of each cycle; null for none.</summary>
    public TrainingSpan? CycleWarmup { get; }

    /// <summary>The top of the first cycle, or null for the value reached before.</summary>
    public Level? From { get; }

    internal override double? LengthIn(Horizon horizon) => Cycles is { } cycles ? Starts(horizon).Start(cycles) : null;

    internal override Curve Compile(Horizon horizon, double length, double from)
    {
        CycleStarts starts = Starts(horizon);
        if (starts.Warmup >= starts.First)
            throw new ArgumentException($"The warmup of each cycle must be shorter than the first cycle of {Guard.Text(starts.First)} steps but was {Guard.Text(starts.Warmup)}: {this}. Shorten the warmup.");
        return new RestartsCurve(starts, Shape, From is { } start ? horizon.Factor(start) : from, horizon.Factor(To), HeightFactor, Cycles, length);
    }

    internal override bool HasFixedLength => Cycles is not null && IsHorizonFree;

    internal override bool IsHorizonFree => First.IsFixed && CycleWarmup is not { IsFixed: false };

    internal override Node Describe() => new CallBuilder("restarts").Span("first", First).Shape("shape", Shape, Shape.Cosine()).Level("to", To, 0)
        .Number("lengthFactor", LengthFactor, 1d).Number("heightFactor", HeightFactor, 1d).Number("cycles", Cycles).Span("warmup", CycleWarmup ?? TrainingSpan.Rest).Level("from", From).Call;

    internal static LrSchedule Read(Arguments arguments) => new Restarts(
        arguments.Span("first"), arguments.Shape("shape", Shape.Cosine()), arguments.Level("to", 0), arguments.Number("lengthFactor", 1),
        arguments.Number("heightFactor", 1), arguments.OptionalInt("cycles"), arguments.OptionalSpan("warmup"), arguments.OptionalLevel("from"));

    private CycleStarts Starts(Horizon horizon) => new(horizon.Steps(First), CycleWarmup is { } warmup ? horizon.Steps(warmup) : 0, LengthFactor);

    /// <summary>Where cycles start: start_i = i w + (first - w)(m^i - 1)/(m - 1).</summary>
    private sealed record CycleStarts(double First, double Warmup, double Factor)
    {
        internal double Start(int i) => Positions.Snap(Factor == 1 ? i * First : i * Warmup + (First - Warmup) * (Math.Pow(Factor, i) - 1) / (Factor - 1));

        internal int CycleAt(double t)
        {
            if (Factor == 1)
                return (int)Positions.Stair(t, First);
            int i = 0;
            while (Start(i + 1) <= t)
                i++;
            return i;
        }
    }

    private sealed class RestartsCurve(CycleStarts starts, Shape shape, double from, double to, double heightFactor, int? cycles, double length) : Curve
    {
        private readonly double _warmup = starts.Warmup;

        internal override double End => cycles is { } n ? Height(n - 1, 1) : At(length);

        internal override double At(double t)
        {
            int cycle = Math.Min(starts.CycleAt(t), (cycles ?? int.MaxValue) - 1);
            double start = starts.Start(cycle);
            double s = Math.Max(0, t - start);
            return s < _warmup
                ? to + (Top(cycle) - to) * (s / _warmup)
                : Height(cycle, Math.Min(1, (s - _warmup) / (starts.Start(cycle + 1) - start - _warmup)));
        }

        private double Height(int cycle, double u) => Blend.Of(Top(cycle), to, shape.Left(u));

        private double Top(int cycle) => heightFactor == 1 ? from : from * Math.Pow(heightFactor, cycle);
    }
}

public abstract partial record LrSchedule
{
    /// <inheritdoc cref="LrScheduleStarts.CosineRestarts(TrainingSpan, double, double, double, int?, TrainingSpan?, double?, double?)"/>
    public LrSchedule CosineRestarts(TrainingSpan first, double to = 0, double lengthFactor = 1, double heightFactor = 1, int? cycles = null, TrainingSpan? warmup = null, double? from = null, double? toRate = null) => Then(new Restarts(first, Shape.Cosine(), Level.Pick(to, toRate), lengthFactor, heightFactor, cycles, warmup, from));
}

public static partial class LrScheduleStarts
{
    extension(LrSchedule)
    {
        /// <summary>Cosine decays with warm restarts. <see cref="LrSchedules.Restarts"/> has the formula.</summary>
        /// <param name="first">The first cycle, with its warmup.</param>
        /// <param name="to">The end value of each cycle as a factor of the peak rate.</param>
        /// <param name="lengthFactor">What each cycle multiplies the length by, at least 1.</param>
        /// <param name="heightFactor">What each cycle multiplies the height by, above 0.</param>
        /// <param name="cycles">How many cycles; without it, as many as fit.</param>
        /// <param name="warmup">The warmup of each cycle.</param>
        /// <param name="from">The start value as a factor of the peak rate; without it the value reached before.</param>
        /// <param name="toRate">The end value as an absolute rate instead.</param>
        public static LrSchedule CosineRestarts(TrainingSpan first, double to = 0, double lengthFactor = 1, double heightFactor = 1, int? cycles = null, TrainingSpan? warmup = null, double? from = null, double? toRate = null) => new Restarts(first, Shape.Cosine(), Level.Pick(to, toRate), lengthFactor, heightFactor, cycles, warmup, from);
    }
}

public abstract partial record LrSchedule
{
    /// <inheritdoc cref="LrScheduleStarts.Restarts(TrainingSpan, Shape, double, double, double, int?, TrainingSpan?, double?, double?)"/>
    public LrSchedule Restarts(TrainingSpan first, Shape shape, double to = 0, double lengthFactor = 1, double heightFactor = 1, int? cycles = null, TrainingSpan? warmup = null, double? from = null, double? toRate = null) => Then(new Restarts(first, shape, Level.Pick(to, toRate), lengthFactor, heightFactor, cycles, warmup, from));
}

public static partial class LrScheduleStarts
{
    extension(LrSchedule)
    {
        /// <summary>The same decay again and again. <see cref="LrSchedules.Restarts"/> has the formula.</summary>
        /// <param name="first">The first cycle, with its warmup.</param>
        /// <param name="shape">The decay.</param>
        /// <param name="to">The end value of each cycle as a factor of the peak rate.</param>
        /// <param name="lengthFactor">What each cycle multiplies the length by, at least 1.</param>
        /// <param name="heightFactor">What each cycle multiplies the height by, above 0.</param>
        /// <param name="cycles">How many cycles; without it, as many as fit.</param>
        /// <param name="warmup">The warmup of each cycle.</param>
        /// <param name="from">The start value as a factor of the peak rate; without it the value reached before.</param>
        /// <param name="toRate">The end value as an absolute rate instead.</param>
        public static LrSchedule Restarts(TrainingSpan first, Shape shape, double to = 0, double lengthFactor = 1, double heightFactor = 1, int? cycles = null, TrainingSpan? warmup = null, double? from = null, double? toRate = null) => new Restarts(first, shape, Level.Pick(to, toRate), lengthFactor, heightFactor, cycles, warmup, from);
    }
}
