using Microsoft.ML.LrSchedules.Text;

namespace Microsoft.ML.LrSchedules;

/// <summary>
/// A learning-rate schedule: an immutable value with equality, a pure function from training progress to a factor of the peak
/// rate. It holds no step counter, no optimizer and no other state, so it may be shared by threads, groups and runs.
/// <code>
/// LrSchedule schedule = LrSchedule.Warmup(5.Epochs()).Hold(10.Epochs()).Cosine(20.Epochs(), to: 0.01);
/// double factor = schedule.Bind(new TrainingPlan(rows: 50_000, batchSize: 128, epochs: 35)).FactorAt(step);
/// </code>
/// <para>
/// Segments follow each other in the order they are written. Each counts from its own step 0, is half-open, [start, end), and
/// starts from the value that the one before ended on unless it says <c>from</c>. The first starts from 1. Inside a combinator
/// (a product, a repetition) a part starts from 1. Beyond its end a schedule holds its last value.
/// </para>
/// </summary>
public abstract partial record LrSchedule
{
    private protected LrSchedule()
    {
    }

    /// <summary>The peak rate throughout: <c>LrSchedule.Hold()</c>.</summary>
    public static LrSchedule Constant { get; } = new Hold(TrainingSpan.Rest, null);

    /// <summary>Resolves units and absolute levels and returns the curve of one run.</summary>
    /// <param name="plan">How long the run is.</param>
    /// <param name="peakRate">The optimizer's learning rate, above 0; needed only by schedules that name absolute rates.</param>
    /// <exception cref="ArgumentException">The schedule is longer than the run, or leaves nothing to a segment that takes the rest.</exception>
    /// <exception cref="InvalidOperationException">An absolute rate without a peak rate, or a unit that the plan does not know.</exception>
    public BoundSchedule Bind(TrainingPlan plan, double? peakRate = null)
    {
        ArgumentNullException.ThrowIfNull(plan);
        if (peakRate is { } rate)
            Guard.Positive(rate, "The peak rate is the optimizer's learning rate.", nameof(peakRate));
        var horizon = new Horizon(plan, peakRate);
        double length = LengthIn(horizon) ?? plan.TotalSteps;
        if (length > plan.TotalSteps + Rounding(plan.TotalSteps))
            throw TooLong(this, length, plan.TotalSteps);
        return new BoundSchedule(this, horizon, Compile(horizon, length, from: 1), length);
    }

    /// <summary>This schedule's own length in steps, or null if it takes what is left.</summary>
    internal abstract double? LengthIn(Horizon horizon);

    /// <summary>The curve over <paramref name="length"/> steps that starts from <paramref name="from"/> unless the schedule says otherwise.</summary>
    internal abstract Curve Compile(Horizon horizon, double length, double from);

    /// <summary>Whether it has the same length in a longer run over the same data.</summary>
    internal abstract bool HasFixedLength { get; }

    /// <summary>Whether all its values, as far as it goes, are the same in a longer run over the same data.</summary>
    internal virtual bool IsHorizonFree => HasFixedLength;

    /// <summary>How many of its steps have the same values in any longer run.</summary>
    internal virtual double HorizonFree(Horizon horizon, double length) => IsHorizonFree ? length : 0;

    /// <summary>The schedule as words, numbers and calls.</summary>
    internal abstract Node Describe();

    /// <summary>A length is a sum of products of doubles: a billionth of a step more than the run is not longer than the run.</summary>
    internal static double Rounding(double steps) => 1e-9 + 1e-12 * steps;

    internal static ArgumentException TooLong(LrSchedule schedule, double length, double available) => new(
        $"The schedule must be at most {Guard.Text(available)} steps long but was {Guard.Text(length)}: {schedule}. Train longer, or write lengths as fractions of the run.");
}
