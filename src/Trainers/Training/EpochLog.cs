using System.Collections.Immutable;
using Microsoft.ML.NeuralNetworks;

namespace Microsoft.ML.Trainers.Torch.Training;

/// <summary>
/// The epochs of a run. A longer run than <see cref="MostEpochs"/> keeps evenly spread ones, the best and the last: each checkpoint has
/// them all, and writing checkpoints would else take time that grows with the square of the run.
/// </summary>
internal sealed class EpochLog(double plannedEpochs)
{
    public const int MostEpochs = 2000;

    private readonly List<EpochRecord> spread = [];
    private readonly int stride = Math.Max(1, (int)Math.Ceiling(plannedEpochs / MostEpochs));
    private EpochRecord? best;

    /// <summary>The epoch that ended last, or null.</summary>
    public EpochRecord? Last { get; private set; }

    /// <summary>What is kept, in order.</summary>
    public ImmutableArray<EpochRecord> Epochs =>
        [.. spread.Concat(new[] { best, Last }.OfType<EpochRecord>()).DistinctBy(epoch => epoch.Epoch).OrderBy(epoch => epoch.Epoch)];

    public void Add(EpochRecord epoch)
    {
        Last = epoch;
        if (epoch.Epoch % stride == 0) spread.Add(epoch);
    }

    /// <summary>Replaces the record of the epoch that ended last.</summary>
    public void Change(EpochRecord last)
    {
        if (spread.Count > 0 && spread[^1].Epoch == last.Epoch) spread[^1] = last;
        Last = last;
    }

    /// <summary>The epoch that ended last is the best so far.</summary>
    public void MarkBest() => best = Last;

    /// <summary>Goes on after these.</summary>
    /// <param name="epochs">What was kept.</param>
    /// <param name="bestEpoch">The number of the best; null if nothing is watched.</param>
    public void Restore(ImmutableArray<EpochRecord> epochs, int? bestEpoch)
    {
        spread.AddRange(epochs.Where(epoch => epoch.Epoch % stride == 0));
        best = epochs.FirstOrDefault(epoch => epoch.Epoch == bestEpoch);
        Last = epochs.LastOrDefault();
    }
}
