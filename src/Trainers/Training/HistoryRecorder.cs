using System.Collections.Immutable;
using System.Diagnostics;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;

namespace Microsoft.ML.Trainers.Torch.Training;

/// <summary>Writes down a run as it goes.</summary>
internal sealed class HistoryRecorder(ParameterUpdater updater, TrainingPlan plan)
{
    private const int Samples = 400;

    private readonly Stopwatch clock = Stopwatch.StartNew();
    private readonly ImmutableArray<EpochRecord>.Builder epochs = ImmutableArray.CreateBuilder<EpochRecord>();
    private readonly ImmutableArray<StepRecord>.Builder steps = ImmutableArray.CreateBuilder<StepRecord>();
    private readonly long stride = Math.Max(1, plan.TotalSteps / Samples);
    private readonly ImmutableArray<string> groups = [.. updater.GroupNames];
    private int epoch;
    private TimeSpan epochStart;
    private double loss, weight, gradientNorm;

    public void StartEpoch(int number)
    {
        (epoch, epochStart, loss, weight) = (number, clock.Elapsed, 0, 0);
    }

    /// <summary>Whether this step's gradient norm is looked at: at evenly spread steps, and at the last of each epoch.</summary>
    public bool Wants(long step, int indexInEpoch) => step % stride == 0 || indexInEpoch == plan.StepsPerEpoch - 1;

    public void Record(long step, double stepLoss, double norm)
    {
        gradientNorm = norm;
        if (step % stride == 0) steps.Add(new StepRecord(step, stepLoss, Rates(step), norm));
    }

    public void Add(double stepLoss, double stepWeight)
    {
        loss += stepLoss * stepWeight;
        weight += stepWeight;
    }

    public void EndEpoch(long stepsDone, double validationLoss)
    {
        TimeSpan now = clock.Elapsed;
        double rows = plan.LastBatch == LastBatch.Keep ? plan.Rows!.Value : (double)plan.BatchesPerEpoch * plan.BatchSize!.Value;
        double trainingLoss = weight > 0 ? loss / weight : 0;
        epochs.Add(new EpochRecord(epoch, stepsDone, trainingLoss, validationLoss, Rates(stepsDone - 1), gradientNorm, now.TotalSeconds, rows / (now - epochStart).TotalSeconds));
    }

    /// <summary>The epoch that has just ended.</summary>
    public TrainingProgress Progress(int numberOfEpochs)
    {
        EpochRecord last = epochs[^1];
        return new TrainingProgress(last.Epoch, numberOfEpochs, last.Steps, plan.TotalSteps, last.TrainingLoss, last.ValidationLoss, last.LearningRates, clock.Elapsed);
    }

    public TrainingHistory ToHistory(int? bestEpoch)
    {
        var history = new TrainingHistory(groups, epochs.ToImmutable(), steps.ToImmutable());
        return bestEpoch is { } best and >= 0 ? history with { BestEpoch = best } : history;
    }

    private ImmutableArray<double> Rates(long step) => [.. Enumerable.Range(0, groups.Length).Select(group => updater.RateAt(group, step))];
}
