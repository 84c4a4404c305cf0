using System.Globalization;

namespace Microsoft.ML.LrSchedules;

/// <summary>
/// A hyper-parameter that may change during training: a number, times a schedule where there is one.
/// <code>
/// ScheduledValue momentum = 0.9;                                                       // always 0.9
/// ScheduledValue momentum = 0.95.Following(LrSchedule.Linear(0.3.OfRun(), to: 0.9));   // 0.95 falling to 0.855
/// </code>
/// A number converts to it by itself, so an optimizer's <c>momentum: 0.9</c> stays what it is. The default value is 0.
/// </summary>
public readonly record struct ScheduledValue
{
    /// <summary>A number, times a schedule.</summary>
    /// <param name="value">Finite: what a factor of 1 stands for.</param>
    /// <param name="schedule">The factor over the run, or null for a constant.</param>
    public ScheduledValue(double value, LrSchedule? schedule = null)
    {
        Value = Guard.Finite(value, "A hyper-parameter is a number.");
        Schedule = schedule;
    }

    /// <summary>What a factor of 1 stands for.</summary>
    public double Value { get; }

    /// <summary>The factor over the run; null for a constant.</summary>
    public LrSchedule? Schedule { get; }

    /// <summary>Whether the value stays the same.</summary>
    public bool IsConstant => Schedule is null;

    /// <summary>A constant.</summary>
    /// <param name="value">Finite.</param>
    public static implicit operator ScheduledValue(double value) => new(value);

    /// <summary>The value at every step of a run. Absolute levels of the schedule are values of this hyper-parameter.</summary>
    /// <param name="plan">How long the run is.</param>
    public BoundValue Bind(TrainingPlan plan) => new(Value, Schedule?.Bind(plan, Value > 0 ? Value : null));

    /// <summary>The number, and the schedule where there is one: <c>0.95 * linear(0.3run, to=0.9)</c>.</summary>
    public override string ToString() =>
        Value.ToString("R", CultureInfo.InvariantCulture) + (Schedule is null ? "" : " * " + Schedule);
}

/// <summary>A <see cref="ScheduledValue"/> resolved against a plan. Immutable and thread-safe.</summary>
public sealed class BoundValue
{
    private readonly double _value;
    private readonly BoundSchedule? _schedule;

    internal BoundValue(double value, BoundSchedule? schedule)
    {
        _value = value;
        _schedule = schedule;
    }

    /// <summary>The value that the update after <paramref name="step"/> completed updates uses.</summary>
    /// <param name="step">Completed updates, at least 0.</param>
    public double At(long step) => _schedule is null ? _value : _value * _schedule.FactorAt(step);
}

/// <summary>Makes numbers follow schedules.</summary>
public static class ScheduledValues
{
    /// <param name="value">What a factor of 1 stands for.</param>
    extension(double value)
    {
        /// <summary>This number times the schedule's factor.</summary>
        /// <param name="schedule">The factor over the run.</param>
        public ScheduledValue Following(LrSchedule schedule) => new(value, schedule ?? throw new ArgumentNullException(nameof(schedule)));
    }
}
