using System.Collections.Immutable;
using Microsoft.ML.LrSchedules.Text;

namespace Microsoft.ML.LrSchedules;

/// <summary>
/// The same factor at each of a list of positions:
/// <code>f(t) = from factor^(number of positions at or before t)</code>
/// A position takes effect at its step, and one that is listed twice counts twice; the order does not matter.
/// Elsewhere: PyTorch MultiStepLR, timm multistep (one step early), Composer MultiStepScheduler.
/// </summary>
public sealed record MultiStep : LrSchedule
{
    internal MultiStep(ImmutableArray<TrainingSpan> at, double factor, TrainingSpan over, Level? from)
    {
        if (at.Any(position => position.IsRest))
            throw Guard.Out(nameof(at), "a list of positions with units", "rest", "Positions are 30.Epochs(), 60.Epochs().");
        At = at;
        Factor = Guard.Positive(factor, "0.1 divides by ten at each position.");
        Over = over;
        From = from;
    }

    /// <summary>The positions, counted from this segment's start.</summary>
    public ImmutableArray<TrainingSpan> At { get; }

    /// <summary>The factor, above 0.</summary>
    public double Factor { get; }

    /// <summary>How long.</summary>
    public TrainingSpan Over { get; }

    /// <summary>The start value, or null for the value reached before.</summary>
    public Level? From { get; }

    /// <summary>Equal positions in the same order, and equal numbers.</summary>
    /// <param name="other">Another schedule.</param>
    public bool Equals(MultiStep? other) => other is not null && At.SequenceEqual(other.At) && Factor == other.Factor && Over == other.Over && From == other.From;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(At.Length, Factor, Over, From);

    internal override double? LengthIn(Horizon horizon) => horizon.Length(Over);

    internal override Curve Compile(Horizon horizon, double length, double from)
    {
        double[] positions = [.. At.Select(horizon.Steps).Order()];
        return new MultiStepCurve(From is { } start ? horizon.Factor(start) : from, Factor, positions, length);
    }

    internal override bool HasFixedLength => Over.IsFixed;

    internal override bool IsHorizonFree => At.All(position => position.IsFixed);

    internal override Node Describe() => new CallBuilder("multiStep").Spans("at", At).Number("factor", Factor).Span("over", Over).Level("from", From).Call;

    internal static LrSchedule Read(Arguments arguments) => new MultiStep(
        [.. arguments.Spans("at")], arguments.Number("factor"), arguments.SpanOrRest("over"), arguments.OptionalLevel("from"));

    private sealed class MultiStepCurve(double from, double factor, double[] positions, double length) : Curve
    {
        internal override double End => At(length);

        internal override double At(double t)
        {
            int passed = 0;
            while (passed < positions.Length && positions[passed] <= t)
                passed++;
            return from * Math.Pow(factor, passed);
        }
    }
}

public abstract partial record LrSchedule
{
    /// <inheritdoc cref="LrScheduleStarts.MultiStep(TrainingSpan[], double, TrainingSpan, double?)"/>
    public LrSchedule MultiStep(TrainingSpan[] at, double factor, TrainingSpan over = default, double? from = null) => Then(new MultiStep([.. at], factor, over, from));
}

public static partial class LrScheduleStarts
{
    extension(LrSchedule)
    {
        /// <summary>Falls by a factor at each position. <see cref="LrSchedules.MultiStep"/> has the formula.</summary>
        /// <param name="at">The positions, counted from this segment's start.</param>
        /// <param name="factor">The factor, above 0.</param>
        /// <param name="over">How long; without it, what the other segments leave of the run.</param>
        /// <param name="from">The start value as a factor of the peak rate; without it the value reached before.</param>
        public static LrSchedule MultiStep(TrainingSpan[] at, double factor, TrainingSpan over = default, double? from = null) => new MultiStep([.. at], factor, over, from);
    }
}
