using Microsoft.ML.LrSchedules.Text;

namespace Microsoft.ML.LrSchedules;

/// <summary>What a <see cref="TrainingSpan"/> counts.</summary>
public enum TrainingUnit
{
    /// <summary>Whatever the other segments leave of the run.</summary>
    Rest,

    /// <summary>Optimizer updates. Gradient accumulation counts once.</summary>
    Steps,

    /// <summary>Passes over the training rows; fractions are allowed.</summary>
    Epochs,

    /// <summary>A fraction of the whole run, in (0, 1].</summary>
    OfRun,

    /// <summary>Training rows seen.</summary>
    Samples,

    /// <summary>Tokens seen; the plan says how many a sample has.</summary>
    Tokens,
}

/// <summary>
/// A length of training with its unit: <c>5.Epochs()</c>, <c>500.Steps()</c>, <c>0.1.OfRun()</c>, <c>10_000.Samples()</c>,
/// <c>2e9.Tokens()</c>, or <see cref="Rest"/>. A <see cref="TrainingPlan"/> turns it into a number of steps, which stays a
/// fraction where it is one: nothing is rounded.
/// <para>The default value is <see cref="Rest"/>.</para>
/// </summary>
public readonly record struct TrainingSpan
{
    private TrainingSpan(double value, TrainingUnit unit)
    {
        Value = value;
        Unit = unit;
    }

    /// <summary>The number, in units of <see cref="Unit"/>; 0 for <see cref="Rest"/>, otherwise finite and above 0.</summary>
    public double Value { get; }

    /// <summary>The unit.</summary>
    public TrainingUnit Unit { get; }

    /// <summary>What the other segments leave of the run. At most one segment of a sequence may ask for it.</summary>
    public static TrainingSpan Rest => default;

    internal bool IsRest => Unit == TrainingUnit.Rest;

    /// <summary>Whether it has the same number of steps in a longer run over the same data.</summary>
    internal bool IsFixed => Unit is not (TrainingUnit.Rest or TrainingUnit.OfRun);

    /// <summary>A span of <paramref name="value"/> <paramref name="unit"/>s.</summary>
    /// <param name="value">Finite and above 0; at most 1 for <see cref="TrainingUnit.OfRun"/>.</param>
    /// <param name="unit">Any unit but <see cref="TrainingUnit.Rest"/>, which is the value <see cref="Rest"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value or the unit is out of range.</exception>
    public static TrainingSpan Of(double value, TrainingUnit unit)
    {
        if (unit is <= TrainingUnit.Rest or > TrainingUnit.Tokens)
            throw Guard.Out(nameof(unit), "Steps, Epochs, OfRun, Samples or Tokens", unit, "What is left of the run is TrainingSpan.Rest.");
        Guard.Positive(value, $"A span of {unit} is a length of training; leave the segment out if there is nothing to train.");
        if (unit == TrainingUnit.OfRun && value > 1)
            throw Guard.Out(nameof(value), "a fraction of the run, above 0 and at most 1", value, "0.1.OfRun() is a tenth of the run; use Epochs() or Steps() for counts.");
        return new TrainingSpan(value, unit);
    }

    /// <summary>The short text that <c>LrSchedule.Parse</c> reads: 5ep, 500st, 10%, 10000sa, 2E+09tok or rest.</summary>
    public override string ToString() => IsRest ? "rest" : TextWriting.Number(Value, Units.Suffix(Unit));
}
