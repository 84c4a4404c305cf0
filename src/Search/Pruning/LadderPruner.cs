namespace Microsoft.ML.TrainerSearch;

/// <summary>Trials climb ladders of rungs; on each rung the best 1/reduction of those that reached it may go on.</summary>
internal sealed class LadderPruner(int[][] ladders, double[] shares, int reduction) : Pruner
{
    /// <summary>
    /// minimum, minimum x reduction, ... as long as the rest of a trial is again reduction times as long: a rung shortly before the end would cost
    /// a third of the trials their end and save nothing.
    /// </summary>
    public static int[] Rungs(int minimum, int maximum, int reduction)
    {
        var rungs = new List<int> { minimum };
        for (long rung = (long)minimum * reduction; rung * reduction <= maximum; rung *= reduction) rungs.Add((int)rung);
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
        foreach (IGrouping<int, TrialRecord> ladder in study.Trials.Where(trial => trial.State != TrialState.Failed).GroupBy(trial => LadderOf(trial.Number)))
            foreach (int rung in ladders[ladder.Key].Reverse())
            {
                // Pools share the rung's places: a trial stands where it does among its own, and is compared with no other's value.
                // Values at the end of a forked decay are all alike.
                (TrialRecord Trial, double Loss, double Place)[] ranked =
                [
                    .. ladder
                        .Where(trial => trial.ValueAt(rung) is not null)
                        .GroupBy(trial => trial.IsJudgedAt(rung) ? "" : trial.Row.Pool)
                        .SelectMany(pool => Places([.. pool], trial => study.Loss(trial.ValueAt(rung)!.Value)))
                        .OrderBy(item => item.Place).ThenBy(item => item.Trial.Number),
                ];
                TrialRecord? next = ranked.Take(ranked.Length / reduction)
                    .FirstOrDefault(item => item.Trial.State == TrialState.Paused && item.Trial.Reached == rung && double.IsFinite(item.Loss)).Trial;
                if (next is not null) return next;
            }
        return null;
    }

    /// <summary>Each trial of a pool with its loss and its place in it, between 0 for the best and 1 for the worst.</summary>
    private static IEnumerable<(TrialRecord Trial, double Loss, double Place)> Places(TrialRecord[] pool, Func<TrialRecord, double> lossOf) => pool
        .Select(trial => (Trial: trial, Loss: lossOf(trial)))
        .OrderBy(item => item.Loss).ThenBy(item => item.Trial.Number)
        .Select((item, rank) => (item.Trial, item.Loss, (rank + 0.5) / pool.Length));

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
