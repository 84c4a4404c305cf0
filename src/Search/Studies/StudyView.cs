namespace Microsoft.ML.TrainerSearch;

/// <summary>What samplers and pruners see: the space, every trial, and which values are better.</summary>
public sealed class StudyView
{
    internal StudyView(SearchSpace space, bool maximize, IReadOnlyList<TrialRecord> trials) =>
        (Space, Maximize, Trials) = (space, maximize, trials);

    /// <summary>What may vary.</summary>
    public SearchSpace Space { get; }

    /// <summary>True if greater values are better.</summary>
    public bool Maximize { get; }

    /// <summary>Every trial, by number.</summary>
    public IReadOnlyList<TrialRecord> Trials { get; }

    /// <summary>A value as a loss: less is better, and NaN is worse than anything.</summary>
    public double Loss(double value) => double.IsNaN(value) ? double.PositiveInfinity : Maximize ? -value : value;

    /// <summary>The complete trials with a finite value, best first.</summary>
    public IEnumerable<TrialRecord> Ranked => Trials
        .Where(trial => trial.State == TrialState.Complete && trial.Value is { } value && double.IsFinite(Loss(value)))
        .OrderBy(trial => Loss(trial.Value!.Value)).ThenBy(trial => trial.Number);

    /// <summary>The complete trial with the best value; null while there is none with a number.</summary>
    public TrialRecord? Best => Ranked.FirstOrDefault();
}
