using Microsoft.ML.LrSchedules.Text;

namespace Microsoft.ML.LrSchedules;

/// <summary>
/// Up and down on straight lines, again and again; a cycle is up + down steps long, x is the height in it, from 0 to 1 and back:
/// <code>
/// f(t) = from + (to - from) x a,   a = cycleFactor^cycle stepFactor^t
/// x    = s / up                     for s &lt; up, s = t mod (up + down)
/// x    = 1 - (s - up) / down        otherwise
/// </code>
/// cycleFactor 1/2 is triangular2, stepFactor below 1 is exp_range. For the momentum curve swap the values: from 1 to 0.85 / 0.95.
/// Source: Smith, Cyclical Learning Rates for Training Neural Networks, 2017, arXiv:1506.01186. Elsewhere: PyTorch CyclicLR.
/// </summary>
public sealed record Triangular : LrSchedule
{
    internal Triangular(TrainingSpan up, TrainingSpan down, Level from, Level to, double cycleFactor, double stepFactor, TrainingSpan over)
    {
        Up = up.IsRest ? throw Guard.Out(nameof(up), "a length", up, "A cycle is a few epochs long.") : up;
        Down = down.IsRest ? up : down;
        From = from;
        To = to;
        CycleFactor = Guard.Between(double.Epsilon, 1, cycleFactor, "1 keeps the height, 0.5 halves it in each cycle.");
        StepFactor = Guard.Between(double.Epsilon, 1, stepFactor, "1 keeps the height, 0.99994 lets it fade.");
        Over = over;
    }

    /// <summary>How long it rises.</summary>
    public TrainingSpan Up { get; }

    /// <summary>How long it falls.</summary>
    public TrainingSpan Down { get; }

    /// <summary>The value at the foot.</summary>
    public Level From { get; }

    /// <summary>The value at the top.</summary>
    public Level To { get; }

    /// <summary>What a cycle multiplies the height by, in (0, 1].</summary>
    public double CycleFactor { get; }

    /// <summary>What a step multiplies the height by, in (0, 1].</summary>
    public double StepFactor { get; }

    /// <summary>How long.</summary>
    public TrainingSpan Over { get; }

    internal override double? LengthIn(Horizon horizon) => horizon.Length(Over);

    internal override Curve Compile(Horizon horizon, double length, double from) =>
        new TriangleCurve(horizon.Factor(From), horizon.Factor(To), horizon.Steps(Up), horizon.Steps(Down), CycleFactor, StepFactor, length);

    internal override bool HasFixedLength => Over.IsFixed;

    internal override bool IsHorizonFree => Up.IsFixed && Down.IsFixed;

    internal override Node Describe() => new CallBuilder("triangular").Span("up", Up).Span("down", Down == Up ? TrainingSpan.Rest : Down).Level("from", From, 0).Level("to", To, 1)
        .Number("cycleFactor", CycleFactor, 1d).Number("stepFactor", StepFactor, 1d).Span("over", Over).Call;

    internal static LrSchedule Read(Arguments arguments) => new Triangular(
        arguments.Span("up"), arguments.SpanOrRest("down"), arguments.Level("from", 0), arguments.Level("to", 1),
        arguments.Number("cycleFactor", 1), arguments.Number("stepFactor", 1), arguments.SpanOrRest("over"));

    private sealed class TriangleCurve(double from, double to, double up, double down, double cycleFactor, double stepFactor, double length) : Curve
    {
        internal override double End => At(length);

        internal override double At(double t)
        {
            double cycle = Positions.Stair(t, up + down);
            double s = Math.Max(0, t - cycle * (up + down));
            double x = s < up ? s / up : 1 - (s - up) / down;
            double fade = (cycleFactor == 1 ? 1 : Math.Pow(cycleFactor, cycle)) * (stepFactor == 1 ? 1 : Math.Pow(stepFactor, t));
            return from + (to - from) * x * fade;
        }
    }
}

public abstract partial record LrSchedule
{
    /// <inheritdoc cref="LrScheduleStarts.Triangular(TrainingSpan, TrainingSpan, double, double, double, double, TrainingSpan)"/>
    public LrSchedule Triangular(TrainingSpan up, TrainingSpan down = default, double from = 0, double to = 1, double cycleFactor = 1, double stepFactor = 1, TrainingSpan over = default) => Then(new Triangular(up, down, from, to, cycleFactor, stepFactor, over));
}

public static partial class LrScheduleStarts
{
    extension(LrSchedule)
    {
        /// <summary>Rises and falls on straight lines. <see cref="LrSchedules.Triangular"/> has the formula.</summary>
        /// <param name="up">How long it rises.</param>
        /// <param name="down">How long it falls; without it, as long as it rises.</param>
        /// <param name="from">The value at the foot.</param>
        /// <param name="to">The value at the top.</param>
        /// <param name="cycleFactor">What a cycle multiplies the height by, in (0, 1].</param>
        /// <param name="stepFactor">What a step multiplies the height by, in (0, 1].</param>
        /// <param name="over">How long; without it, what the other segments leave of the run.</param>
        public static LrSchedule Triangular(TrainingSpan up, TrainingSpan down = default, double from = 0, double to = 1, double cycleFactor = 1, double stepFactor = 1, TrainingSpan over = default) => new Triangular(up, down, from, to, cycleFactor, stepFactor, over);
    }
}
