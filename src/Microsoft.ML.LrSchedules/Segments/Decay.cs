using Microsoft.ML.LrSchedules.Text;

namespace Microsoft.ML.LrSchedules;

/// <summary>Which step has the end value of a <see cref="Decay"/>.</summary>
public enum EndAt
{
    /// <summary>The step after the segment's last: the end value itself is not trained in the segment. As in nearly every system.</summary>
    NextStep,

    /// <summary>The segment's last step, T - 1. As in PyTorch's OneCycleLR.</summary>
    LastStep,
}

/// <summary>On which scale a <see cref="Decay"/> goes its way.</summary>
public enum ValueScale
{
    /// <summary>The values themselves.</summary>
    Plain,

    /// <summary>Their logarithms: a straight line is a geometric (exponential) decay. Both ends must be above 0.</summary>
    Log,

    /// <summary>Their inverses: a straight line is an inverse-time decay. Both ends must be above 0.</summary>
    Inverse,
}

/// <summary>
/// A way from one value to another over T steps, down or up:
/// <code>
/// f(t) = to + (from - to) r(u),   u = t / T,   or t / (T - 1) with EndAt.LastStep
/// </code>
/// where r is the <see cref="Shape"/>. Without <c>from</c> it starts where the segment before ended. On the logarithmic scale the
/// same holds for log f, on the inverse one for 1 / f.
/// Elsewhere: the function of nearly every system; each shape says which.
/// </summary>
public sealed record Decay : LrSchedule
{
    internal Decay(TrainingSpan over, Shape shape, Level? from, Level to, EndAt endAt = EndAt.NextStep, ValueScale scale = ValueScale.Plain)
    {
        Over = over;
        Shape = shape ?? throw new ArgumentNullException(nameof(shape));
        From = from;
        To = to;
        EndAt = Guard.Defined(endAt, "Say which step has the end value.");
        Scale = Guard.Defined(scale, "Say on which scale the way is gone.");
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

    /// <summary>On which scale the way is gone.</summary>
    public ValueScale Scale { get; }

    internal override double? LengthIn(Horizon horizon) => horizon.Length(Over);

    internal override Curve Compile(Horizon horizon, double length, double from) => DecayCurve.Of(
        Shape, From is { } start ? horizon.Factor(start) : from, horizon.Factor(To), EndAt == EndAt.LastStep ? length - 1 : length, Scale);

    internal override bool HasFixedLength => Over.IsFixed;

    internal override Node Describe()
    {
        CallNode shape = Shape.Describe();
        return new CallBuilder(shape.Word).Span("over", Over).Append(shape).Level("to", To, 0).Level("from", From)
            .Word("endAt", EndAt, EndAt.NextStep).Word("scale", Scale, ValueScale.Plain).Call;
    }

    internal static LrSchedule Read(Arguments arguments, Func<Arguments, Shape> shape) => new Decay(
        arguments.SpanOrRest("over"), shape(arguments), arguments.OptionalLevel("from"), arguments.Level("to", 0),
        arguments.Word("endAt", EndAt.NextStep), arguments.Word("scale", ValueScale.Plain));
}
