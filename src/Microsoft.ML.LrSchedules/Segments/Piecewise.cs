using System.Collections.Immutable;
using Microsoft.ML.LrSchedules.Text;

namespace Microsoft.ML.LrSchedules;

/// <summary>
/// Values at given positions and a way between them:
/// <code>
/// f(t) = values[i] + (values[i+1] - values[i]) (1 - r(u)),   u = (t - at[i]) / (at[i+1] - at[i]),   at[i] &lt;= t &lt; at[i+1]
/// </code>
/// with at[0] = 0, so there is one value more than positions; r is constant, linear or cosine. After the last position the last value holds.
/// A position takes effect at its own step (Keras: one step later). Elsewhere: optax piecewise_constant_schedule and
/// piecewise_interpolate_schedule, Keras PiecewiseConstantDecay, diffusers piecewise_constant, ML.NET LsrDecay.
/// </summary>
public sealed record Piecewise : LrSchedule
{
    internal Piecewise(ImmutableArray<TrainingSpan> at, ImmutableArray<double> values, Between between, TrainingSpan over)
    {
        if (at.Any(position => position.IsRest))
            throw Guard.Out(nameof(at), "a list of positions with units", "rest", "Positions are 30.Epochs(), 60.Epochs().");
        if (values.Length != at.Length + 1)
            throw Guard.Out(nameof(values), $"one value more than the {at.Length} positions", $"{values.Length} values", "The first value is the one at the start.");
        foreach (double value in values)
            Guard.Finite(value, "A level is a factor of the peak rate.");
        At = at;
        Values = values;
        Between = Guard.Defined(between, "Say how the curve gets from one value to the next.");
        Over = over;
    }

    /// <summary>The positions, ascending, counted from this segment's start.</summary>
    public ImmutableArray<TrainingSpan> At { get; }

    /// <summary>The values: one at the start and one at each position.</summary>
    public ImmutableArray<double> Values { get; }

    /// <summary>The way between them.</summary>
    public Between Between { get; }

    /// <summary>How long.</summary>
    public TrainingSpan Over { get; }

    /// <summary>Equal positions and values, and the same way between them.</summary>
    /// <param name="other">Another schedule.</param>
    public bool Equals(Piecewise? other) =>
        other is not null && At.SequenceEqual(other.At) && Values.AsSpan().SequenceEqual(other.Values.AsSpan()) && Between == other.Between && Over == other.Over;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Values.Length, Values[0], Between, Over);

    internal override double? LengthIn(Horizon horizon) => horizon.Length(Over);

    internal override Curve Compile(Horizon horizon, double length, double from)
    {
        double[] positions = [0, .. At.Select(horizon.Steps)];
        for (int i = 1; i < positions.Length; i++)
        {
            if (positions[i] <= positions[i - 1])
                throw new ArgumentException($"The positions of a piecewise schedule must ascend but position {i} is at step {Guard.Text(positions[i])} and the one before at {Guard.Text(positions[i - 1])}: {this}. Sort them.");
        }
        return new PiecewiseCurve(positions, [.. Values], Between, length);
    }

    internal override bool HasFixedLength => Over.IsFixed;

    internal override bool IsHorizonFree => At.All(position => position.IsFixed);

    internal override Node Describe() => new CallBuilder("piecewise").Spans("at", At).Numbers("values", Values).Word("between", Between, Between.Constant).Span("over", Over).Call;

    internal static LrSchedule Read(Arguments arguments) => new Piecewise(
        [.. arguments.Spans("at")], [.. arguments.Numbers("values")], arguments.Word("between", Between.Constant), arguments.SpanOrRest("over"));

    private sealed class PiecewiseCurve(double[] at, double[] values, Between between, double length) : Curve
    {
        internal override double End => At(length);

        internal override double At(double t)
        {
            int i = at.Length - 1;
            while (t < at[i])
                i--;
            if (between == Between.Constant || i == at.Length - 1)
                return values[i];
            double u = (t - at[i]) / (at[i + 1] - at[i]);
            double left = between == Between.Linear ? 1 - u : 0.5 * (1 + Math.Cos(Math.PI * u));
            return values[i + 1] + (values[i] - values[i + 1]) * left;
        }
    }
}

/// <summary>How a <see cref="Piecewise"/> schedule gets from one value to the next.</summary>
public enum Between
{
    /// <summary>It keeps the value up to the next position.</summary>
    Constant,

    /// <summary>On a straight line.</summary>
    Linear,

    /// <summary>Along half a cosine wave.</summary>
    Cosine,
}

public abstract partial record LrSchedule
{
    /// <inheritdoc cref="LrScheduleStarts.Piecewise(TrainingSpan[], double[], Between, TrainingSpan)"/>
    public LrSchedule Piecewise(TrainingSpan[] at, double[] values, Between between = Between.Constant, TrainingSpan over = default) => Then(new Piecewise([.. at], [.. values], between, over));
}

public static partial class LrScheduleStarts
{
    extension(LrSchedule)
    {
        /// <summary>Values at given positions and a way between them. <see cref="LrSchedules.Piecewise"/> has the formula.</summary>
        /// <param name="at">The positions, ascending, counted from this segment's start.</param>
        /// <param name="values">The values: one at the start and one at each position.</param>
        /// <param name="between">The way between them.</param>
        /// <param name="over">How long; without it, what the other segments leave of the run.</param>
        public static LrSchedule Piecewise(TrainingSpan[] at, double[] values, Between between = Between.Constant, TrainingSpan over = default) => new Piecewise([.. at], [.. values], between, over);
    }
}
