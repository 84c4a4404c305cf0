namespace Microsoft.ML.TrainerSearch;

/// <summary>Trials climb ladders of rungs; on each rung the best 1/reduction of those that reached it may go on.</summary>
internal sealed class LadderPruner(int[][] ladders, double[] shares, int reduction) : Pruner
{
    /// <summary>minimum, minimum x reduction, ... below maximum: the top is a trial's own end.</summary>
    public static int[] Rungs(int minimum, int maximum, int reduction)
    {
        var rungs = new List<int>();
        for (long rung = minimum; rung < maximum; rung *= reduction) rungs.Add((int)rung);
        return [.. rungs];
    }

    public override int? NextPause(TrialRecord trial)
    {
        foreach (int rung in ladders[LadderOf(trial.Number)])
            if (rung > trial.Reached) return rung;
        return null;
    }

    public override TrialRecord? Promote(StudyView study)
    {
        foreach (IGrouping<(int Ladder, string), TrialRecord> group in study.Trials.GroupBy(trial => (LadderOf(trial.Number), trial.Row.Pool)))
            foreach (int rung in ladders[group.Key.Ladder].Reverse())
            {
                TrialRecord[] ranked =
                [
                    .. group
                        .Where(trial => trial.State != TrialState.Failed && trial.ValueAt(rung) is not null)
                        .OrderBy(trial => study.Loss(trial.ValueAt(rung)!.Value)).ThenBy(trial => trial.Number),
                ];
                TrialRecord? next = ranked.Take(ranked.Length / reduction)
                    .FirstOrDefault(trial => trial.State == TrialState.Paused && trial.Reached == rung && double.IsFinite(study.Loss(trial.ValueAt(rung)!.Value)));
                if (next is not null) return next;
            }
        return null;
    }

    /// <summary>The ladder of a trial, by its number, in proportion to the shares.</summary>
    internal int LadderOf(int number)
    {
        if (ladders.Length == 1) return 0;
        double place = new CounterRandom(0, number, "ladder").NextDouble() * shares.Sum();
        int ladder = 0;
        while (ladder < ladders.Length - 1 && (place -= shares[ladder]) >= 0) ladder++;
        return ladder;
    }
}
