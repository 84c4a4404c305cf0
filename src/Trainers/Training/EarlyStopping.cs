using System.Globalization;
using System.Text;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Ends a run whose validation loss no longer falls, or whose <see cref="Metric"/> no longer gets better, and gives the model the weights of its best
/// epoch. An epoch is better if it is so by more than <see cref="MinimumDelta"/>; NaN never is. Training stops after <see cref="Patience"/> epochs in a
/// row that are not.
/// <para>
/// With a schedule that decays to the end of the run, the last epochs are usually the best: prefer a patience of at least a
/// third of the run, or <see cref="int.MaxValue"/> to keep the best epoch without stopping.
/// </para>
/// </summary>
public sealed record EarlyStopping
{
    /// <summary>Epochs without improvement that are waited for, at least 1. Default 10.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is below 1.</exception>
    public int Patience { get; init => field = Require.AtLeast(1, value, "Waiting for no epoch would stop at once."); } = 10;

    /// <summary>By how much a loss or metric must be better to count, at least 0. Default 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative or not finite.</exception>
    public double MinimumDelta { get; init => field = Require.NotNegative(value, "Use 0 to count every improvement."); }

    /// <summary>
    /// What is watched: a metric of the task on the validation rows, or one that a callback reports at each epoch. The checkpoint that is kept as the best
    /// one follows it too. Default null: the validation loss.
    /// </summary>
    public Metric? Metric { get; init; }

    // Part of checkpoints: without a metric the text is that of versions that had none.
    private bool PrintMembers(StringBuilder text)
    {
        text.Append(CultureInfo.InvariantCulture, $"Patience = {Patience}, MinimumDelta = {MinimumDelta}");
        if (Metric is not null) text.Append(CultureInfo.InvariantCulture, $", Metric = {Metric}");
        return true;
    }
}
