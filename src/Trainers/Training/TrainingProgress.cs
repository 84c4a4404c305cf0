using System.Collections.Immutable;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>What a run reports at the end of each epoch.</summary>
/// <param name="Epoch">The epoch that ended, from 0.</param>
/// <param name="NumberOfEpochs">Epochs planned.</param>
/// <param name="Step">Steps done.</param>
/// <param name="TotalSteps">Steps planned.</param>
/// <param name="TrainingLoss">Mean loss of the epoch's batches.</param>
/// <param name="ValidationLoss">Loss on the validation rows; NaN without them.</param>
/// <param name="LearningRates">The rate of each parameter group at the epoch's last step.</param>
/// <param name="Elapsed">Time since the start of the run.</param>
public sealed record TrainingProgress(
    int Epoch, int NumberOfEpochs, long Step, long TotalSteps, double TrainingLoss, double ValidationLoss, ImmutableArray<double> LearningRates, TimeSpan Elapsed)
{
    /// <summary>The rate of the first parameter group at the epoch's last step.</summary>
    public double LearningRate => LearningRates[0];
}
