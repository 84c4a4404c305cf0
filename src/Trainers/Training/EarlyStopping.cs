namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Ends a run whose validation loss no longer falls, and gives the model the weights of its best epoch. An epoch is better if its
/// loss is below the best one's by more than <see cref="MinimumDelta"/>; NaN never is. Training stops after
/// <see cref="Patience"/> epochs in a row that are not.
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

    /// <summary>How much lower a loss must be to count, at least 0. Default 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative or not finite.</exception>
    public double MinimumDelta { get; init => field = Require.NotNegative(value, "Use 0 to count every improvement."); }
}
