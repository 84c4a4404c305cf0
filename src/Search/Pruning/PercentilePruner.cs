namespace Microsoft.ML.TrainerSearch;

/// <summary>Compares the best value so far with the values of the others at the same step, ended or not.</summary>
internal sealed class PercentilePruner(double percent, int startupTrials, int warmupSteps) : Pruner
{
    public override bool ShouldStop(StudyView study, TrialRecord trial, int step)
    {
        if (step <= warmupSteps) return false;
        double own = trial.Reports.Where(report => report.Step <= step).Min(report => study.Loss(report.Value));
        double[] others =
        [
            .. study.Trials
                .Where(other => other.Number != trial.Number && other.Row.Pool == trial.Row.Pool && other.State != TrialState.Failed && other.ValueAt(step) is not null)
                .Select(other => study.Loss(other.ValueAt(step)!.Value))
                .Order(),
        ];
        if (others.Length < startupTrials) return double.IsPositiveInfinity(own) && others.Length > 0;
        double place = percent / 100 * (others.Length - 1);
        double below = others[(int)Math.Floor(place)], above = others[(int)Math.Ceiling(place)];
        double limit = below == above ? below : below + (place - Math.Floor(place)) * (above - below);
        return own > limit || double.IsPositiveInfinity(own);
    }
}
