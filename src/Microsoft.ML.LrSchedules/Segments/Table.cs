using System.Collections.Immutable;
using Microsoft.ML.LrSchedules.Text;

namespace Microsoft.ML.LrSchedules;

/// <summary>
/// A table of values, each held for the same time p; the last holds on:
/// <code>f(t) = values[floor(t / p)]</code>
/// For curves found elsewhere: measured, searched or evolved.
/// </summary>
public sealed record Table : LrSchedule
{
    internal Table(ImmutableArray<double> values, TrainingSpan every)
    {
        if (values.IsDefaultOrEmpty)
            throw Guard.Out(nameof(values), "a list of at least one value", "empty", "A table without values has no rate.");
        foreach (double value in values)
            Guard.Finite(value, "A table holds factors of the peak rate.");
        Values = values;
        Every = every.IsRest ? throw Guard.Out(nameof(every), "a length", every, "Each value is held for 1.Epochs() or 100.Steps().") : every;
    }

    /// <summary>The values, at least one, finite.</summary>
    public ImmutableArray<double> Values { get; }

    /// <summary>How long each is held.</summary>
    public TrainingSpan Every { get; }

    /// <summary>Equal values held for the same time.</summary>
    /// <param name="other">Another schedule.</param>
    public bool Equals(Table? other) => other is not null && Values.AsSpan().SequenceEqual(other.Values.AsSpan()) && Every == other.Every;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Values.Length, Values[0], Every);

    internal override double? LengthIn(Horizon horizon) => Positions.Snap(Values.Length * horizon.Steps(Every));

    internal override Curve Compile(Horizon horizon, double length, double from) => new TableCurve([.. Values], horizon.Steps(Every));

    internal override bool HasFixedLength => Every.IsFixed;

    internal override Node Describe() => new CallBuilder("table").Numbers("values", Values).Span("every", Every).Call;

    internal static LrSchedule Read(Arguments arguments) => new Table([.. arguments.Numbers("values")], arguments.Span("every"));

    private sealed class TableCurve(double[] values, double every) : Curve
    {
        internal override double End => values[^1];

        internal override double At(double t) => values[Math.Min(values.Length - 1, (int)Positions.Stair(t, every))];
    }
}

public abstract partial record LrSchedule
{
    /// <inheritdoc cref="LrScheduleStarts.Table(double[], TrainingSpan)"/>
    public LrSchedule Table(double[] values, TrainingSpan every) => Then(new Table([.. values], every));
}

public static partial class LrScheduleStarts
{
    extension(LrSchedule)
    {
        /// <summary>The values of a table, each held for the same time. <see cref="LrSchedules.Table"/> has the formula.</summary>
        /// <param name="values">Factors of the peak rate, at least one.</param>
        /// <param name="every">How long each is held.</param>
        public static LrSchedule Table(double[] values, TrainingSpan every) => new Table([.. values], every);
    }
}
