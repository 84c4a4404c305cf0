using Microsoft.ML.LrSchedules.Text;

namespace Microsoft.ML.LrSchedules;

/// <summary>
/// One rise to the peak and one fall far below the start, over T steps, up being the rising part:
/// <code>
/// 0 .. up T        from -&gt; 1
/// up T .. T        1 -&gt; to
/// </code>
/// or in three phases, up T .. 2 up T: 1 -&gt; from, and from there to T: from -&gt; to. With EndAt.LastStep every phase ends one step earlier
/// (at up T - 1, 2 up T - 2, T - 1), so that step T - 1 trains at the end value: PyTorch's counting. The momentum curve is the same thing
/// upside down: <c>OneCycle(peak: 0.85 / 0.95, from: 1, to: 1)</c> times 0.95.
/// Source: Smith and Topin, Super-Convergence, 2018, arXiv:1708.07120. Elsewhere: PyTorch OneCycleLR, fastai fit_one_cycle, optax onecycle.
/// </summary>
public sealed record OneCycle : LrSchedule
{
    internal OneCycle(TrainingSpan over, double up, double from, double peak, double to, Shape shape, bool threePhase, EndAt endAt)
    {
        Over = over;
        Up = up is > 0 and < 1 ? up : throw Guard.Out(nameof(up), "above 0 and below 1", up, "0.3 rises for three tenths of the cycle.");
        if (threePhase && up >= 0.5)
            throw Guard.Out(nameof(up), "below 0.5 with three phases", up, "Two phases of that length must leave room for the third.");
        From = Guard.Finite(from, "1/25 is usual.");
        Peak = Guard.Finite(peak, "1 is the peak rate.");
        To = Guard.Finite(to, "4e-6 is usual.");
        Shape = shape ?? throw new ArgumentNullException(nameof(shape));
        ThreePhase = threePhase;
        EndAt = Guard.Defined(endAt, "Say which step has the end value.");
    }

    /// <summary>T.</summary>
    public TrainingSpan Over { get; }

    /// <summary>The rising part, in (0, 1).</summary>
    public double Up { get; }

    /// <summary>The start value.</summary>
    public double From { get; }

    /// <summary>The value at the top.</summary>
    public double Peak { get; }

    /// <summary>The end value.</summary>
    public double To { get; }

    /// <summary>The way of each phase.</summary>
    public Shape Shape { get; }

    /// <summary>Whether the fall stops at the start value first.</summary>
    public bool ThreePhase { get; }

    /// <summary>Whether step T - 1 has the end value.</summary>
    public EndAt EndAt { get; }

    internal override double? LengthIn(Horizon horizon) => horizon.Length(Over);

    internal override Curve Compile(Horizon horizon, double length, double from)
    {
        double early = EndAt == EndAt.LastStep ? 1 : 0;
        double top = Up * length - early;
        double end = length - early;
        if (top <= 0)
            throw new ArgumentException($"The rise must take more than one step but was {Guard.Text(Up)} of {Guard.Text(length)} steps: {this}. Train longer or rise for longer.");
        Curve rise = new DecayCurve(Shape, From, Peak, top);
        return ThreePhase
            ? new SequenceCurve([0, top, 2 * top], [rise, new DecayCurve(Shape, Peak, From, top), new DecayCurve(Shape, From, To, end - 2 * top)])
            : new SequenceCurve([0, top], [rise, new DecayCurve(Shape, Peak, To, end - top)]);
    }

    internal override bool HasFixedLength => Over.IsFixed;

    internal override Node Describe() => new CallBuilder("oneCycle").Span("over", Over).Number("up", Up, 0.3).Number("from", From, 1 / 25d).Number("peak", Peak, 1d).Number("to", To, 4e-6)
        .Shape("shape", Shape, Shape.Cosine()).Flag("threePhase", ThreePhase).Word("endAt", EndAt, EndAt.NextStep).Call;

    internal static LrSchedule Read(Arguments arguments) => new OneCycle(
        arguments.SpanOrRest("over"), arguments.Number("up", 0.3), arguments.Number("from", 1 / 25d), arguments.Number("peak", 1),
        arguments.Number("to", 4e-6), arguments.Shape("shape", Shape.Cosine()), arguments.Flag("threePhase"), arguments.Word("endAt", EndAt.NextStep));
}

public abstract partial record LrSchedule
{
    /// <inheritdoc cref="LrScheduleStarts.OneCycle(TrainingSpan, double, double, double, double, Shape?, bool, EndAt)"/>
    public LrSchedule OneCycle(TrainingSpan over = default, double up = 0.3, double from = 1 / 25d, double peak = 1, double to = 4e-6, Shape? shape = null, bool threePhase = false, EndAt endAt = EndAt.NextStep) => Then(new OneCycle(over, up, from, peak, to, shape ?? Shape.Cosine(), threePhase, endAt));
}

public static partial class LrScheduleStarts
{
    extension(LrSchedule)
    {
        /// <summary>One rise to the peak and one fall far below the start. <see cref="LrSchedules.OneCycle"/> has the formula.</summary>
        /// <param name="over">How long; without it, what the other segments leave of the run.</param>
        /// <param name="up">The rising part, in (0, 1).</param>
        /// <param name="from">The start value.</param>
        /// <param name="peak">The value at the top.</param>
        /// <param name="to">The end value.</param>
        /// <param name="shape">The way of each phase; cosine without it.</param>
        /// <param name="threePhase">Whether the fall stops at the start value first.</param>
        /// <param name="endAt">Whether step T - 1 has the end value.</param>
        public static LrSchedule OneCycle(TrainingSpan over = default, double up = 0.3, double from = 1 / 25d, double peak = 1, double to = 4e-6, Shape? shape = null, bool threePhase = false, EndAt endAt = EndAt.NextStep) => new OneCycle(over, up, from, peak, to, shape ?? Shape.Cosine(), threePhase, endAt);
    }
}
