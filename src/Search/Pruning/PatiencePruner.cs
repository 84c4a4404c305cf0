namespace Microsoft.ML.TrainerSearch;

/// <summary>Forgives some reports without improvement.</summary>
internal sealed class PatiencePruner(int steps, double minimumImprovement, Pruner? inner) : Pruner
{
    public override int? NextPause(TrialRecord trial) => inner?.NextPause(trial);

    public override TrialRecord? Promote(StudyView study) => inner?.Promote(study);

    public override bool ComparesUnfinishedTrials => inner?.ComparesUnfinishedTrials ?? false;

    public override bool ShouldStop(StudyView study, TrialRecord trial, int step)
    {
        double[] losses = [.. trial.Reports.Where(report => report.Step <= step && !report.IsJudged).Select(report => study.Loss(report.Value))];
        if (losses.Length <= steps) return false;
        double before = losses[..^steps].Min(), since = losses[^steps..].Min();
        bool improved = since < before - minimumImprovement;
        return !improved && (inner is null || inner.ShouldStop(study, trial, step));
    }
}
