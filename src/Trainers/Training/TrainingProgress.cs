using System.Collections.Immutable;
using Microsoft.ML.NeuralNetworks;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>What a run reports at the end of each epoch.</summary>
/// <param name="Epoch">The epoch that ended, from 0.</param>
/// <param name="NumberOfEpochs">Epochs planned.</param>
/// <param name="Step">Steps done.</param>
/// <param name="TotalSteps">Steps planned.</param>
/// <param name="TrainingLoss">Mean loss of the epoch's batches.</param>
/// <param name="ValidationLoss">Loss on the validation rows; NaN without them.</param>
/// <param name="LearningRates">The rate of each parameter group at the epoch's last step, in the order of <see cref="TrainingHistory.Groups"/>.</param>
/// <param name="Elapsed">Time since the start of the run.</param>
public sealed record TrainingProgress(
    int Epoch, int NumberOfEpochs, long Step, long TotalSteps, double TrainingLoss, double ValidationLoss, ImmutableArray<double> LearningRates, TimeSpan Elapsed)
{
    private readonly Dictionary<string, double> reported = new(StringComparer.Ordinal);

    /// <summary>
    /// Which run of the fit this is, where it has several side by side, as those of <c>TorchTabular</c>'s members: "member-0", of held-out folds "member-0-of-8/length-1";
    /// else empty. Checkpoints of the run lie in a folder of that name.
    /// </summary>
    public string Run { get; internal init; } = "";

    /// <summary>
    /// The rate at the epoch's last step of the parameters that are in no group: the optimizer's own times the schedule. Where all are in groups, the largest rate.
    /// </summary>
    public double LearningRate { get; internal init; } = LearningRates.IsDefaultOrEmpty ? 0 : LearningRates.Max();

    /// <summary>Metrics on the validation rows by name (<see cref="Metric"/>); empty without them.</summary>
    public ImmutableSortedDictionary<string, double> ValidationMetrics { get; init; } = ImmutableSortedDictionary<string, double>.Empty;

    /// <summary>Metrics on the training rows by name; empty without <see cref="TrainingOptions.TrainingMetrics"/>.</summary>
    public ImmutableSortedDictionary<string, double> TrainingMetrics { get; init; } = ImmutableSortedDictionary<string, double>.Empty;

    /// <summary>What was reported so far.</summary>
    internal IReadOnlyDictionary<string, double> Reported => reported;

    /// <summary>
    /// Adds a metric of your own to the history of this epoch, among the validation metrics. To be called within the callback that was given this
    /// progress; <see cref="EarlyStopping.Metric"/> may watch it.
    /// </summary>
    /// <param name="name">Its name; not one of <see cref="ValidationMetrics"/>. The last value of a name counts.</param>
    /// <param name="value">Its value; NaN for not measured.</param>
    /// <exception cref="ArgumentException">The name is empty, or that of a metric that is measured.</exception>
    public void Report(string name, double value)
    {
        if (ValidationMetrics.ContainsKey(Require.NotEmpty(name, "It names the metric in the history.", nameof(name))))
            throw new ArgumentException($"name must not be that of a measured metric but was '{name}'. Give your metric another name.", nameof(name));
        reported[name] = value;
    }
}
