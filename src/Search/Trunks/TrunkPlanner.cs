using System.Collections.Immutable;

namespace Microsoft.ML.TrainerSearch;

/// <summary>A run as the planner sees it.</summary>
/// <param name="Run">The run's number.</param>
/// <param name="Trunk">What the stable phase depends on: runs with the same text share it. Null for a run that shares nothing.</param>
/// <param name="ForkAt">The epoch after which the run leaves the stable phase.</param>
/// <param name="Epochs">The run's whole length.</param>
public sealed record TrunkRun(int Run, string? Trunk, int ForkAt, int Epochs);

/// <summary>A piece of training: from one checkpoint to another, or to the end of a run.</summary>
/// <param name="Trunk">The trunk, or null for a run that shares nothing.</param>
/// <param name="From">The epoch to start after: 0, or a checkpoint of the trunk.</param>
/// <param name="To">The epoch to end with.</param>
/// <param name="Run">The run that ends here; null for a piece of the trunk, whose end is a checkpoint.</param>
public sealed record TrunkLeg(string? Trunk, int From, int To, int? Run);

/// <summary>How to train several runs so that nothing that they have in common is trained twice.</summary>
/// <param name="Legs">The pieces, in an order in which every checkpoint exists before it is needed.</param>
/// <param name="Epochs">Epochs that the pieces take together.</param>
/// <param name="SeparateEpochs">Epochs that the runs would take one by one.</param>
public sealed record TrunkPlan(ImmutableArray<TrunkLeg> Legs, long Epochs, long SeparateEpochs)
{
    /// <summary>Epochs saved by sharing.</summary>
    public long SavedEpochs => SeparateEpochs - Epochs;
}

/// <summary>
/// Plans shared stable phases: runs that agree on data, network, optimizer, peak rate and warmup, and differ only in when and
/// how they decay, train their common part once. After Haegele and others, Scaling laws and compute-optimal training beyond
/// fixed training durations, 2024.
/// </summary>
public static class TrunkPlanner
{
    /// <summary>Plans the given runs.</summary>
    /// <exception cref="ArgumentException">A run is empty, or forks outside of itself.</exception>
    public static TrunkPlan Plan(IEnumerable<TrunkRun> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        TrunkRun[] all = [.. runs];
        foreach (TrunkRun run in all)
        {
            Require.That(run.Epochs >= 1, nameof(run.Epochs), "at least 1", run.Epochs, "A run has at least one epoch.");
            Require.That(run.ForkAt >= 0 && run.ForkAt <= run.Epochs, nameof(run.ForkAt), $"between 0 and the run's {run.Epochs} epochs", run.ForkAt, "It is where the decay begins.");
        }

        var legs = ImmutableArray.CreateBuilder<TrunkLeg>();
        foreach (TrunkRun run in all.Where(run => run.Trunk is null || run.ForkAt == 0))
            legs.Add(new TrunkLeg(run.Trunk, 0, run.Epochs, run.Run));
        foreach (IGrouping<string, TrunkRun> trunk in all.Where(run => run.Trunk is not null && run.ForkAt > 0).GroupBy(run => run.Trunk!))
        {
            int reached = 0;
            foreach (IGrouping<int, TrunkRun> fork in trunk.GroupBy(run => run.ForkAt).OrderBy(group => group.Key))
            {
                legs.Add(new TrunkLeg(trunk.Key, reached, fork.Key, null));
                reached = fork.Key;
                foreach (TrunkRun run in fork) legs.Add(new TrunkLeg(trunk.Key, fork.Key, run.Epochs, run.Run));
            }
        }
        return new TrunkPlan(legs.ToImmutable(), legs.Sum(leg => (long)leg.To - leg.From), all.Sum(run => (long)run.Epochs));
    }
}
