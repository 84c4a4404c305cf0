using System.Collections.Immutable;
using System.Diagnostics;
using System.Text;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Checkpoints;

namespace Microsoft.ML.Trainers.Torch.Training;

/// <summary>Writes down a run as it goes.</summary>
internal sealed class HistoryRecorder(GroupUpdater updater, TrainingPlan plan)
{
    private const int Samples = 400;

    private readonly Stopwatch clock = Stopwatch.StartNew();
    private readonly EpochLog epochs = new(plan.Epochs);
    private readonly ImmutableArray<StepRecord>.Builder steps = ImmutableArray.CreateBuilder<StepRecord>();
    private readonly long stride = Math.Max(1, plan.TotalSteps / Samples);
    private readonly ImmutableArray<string> groups = [.. updater.GroupNames];
    private int epoch;
    private TimeSpan epochStart;
    private TimeSpan before;
    private TimeSpan trained;
    private double weight, gradientNorm;

    public int CompletedEpochs => Last is null ? 0 : Last.Epoch + 1;

    /// <summary>The epoch that ended last, or null.</summary>
    public EpochRecord? Last => epochs.Last;

    private TimeSpan Elapsed => before + clock.Elapsed;

    public void StartEpoch(int number)
    {
        (epoch, epochStart, weight) = (number, Elapsed, 0);
    }

    /// <summary>Whether this step's gradient norm is looked at: at evenly spread steps, at the last of each epoch and of the run.</summary>
    public bool Wants(long step) => step % stride == 0 || step % plan.StepsPerEpoch == plan.StepsPerEpoch - 1 || step == plan.TotalSteps - 1;

    public void Record(long step, double stepLoss, double norm)
    {
        gradientNorm = norm;
        if (step % stride == 0) steps.Add(new StepRecord(step, stepLoss, Rates(step), norm));
    }

    /// <summary>Counts the rows of a step.</summary>
    public void Add(double stepWeight) => weight += stepWeight;

    /// <summary>The epoch's steps are done; what follows is evaluation.</summary>
    public void EndSteps() => trained = Elapsed;

    /// <param name="stepsDone">Completed steps of the run.</param>
    /// <param name="lossSum">The sum of w loss over the epoch.</param>
    /// <param name="validation">On the validation rows.</param>
    /// <param name="training">On the training rows, if asked for.</param>
    public void EndEpoch(long stepsDone, double lossSum, Evaluation validation, Evaluation training)
    {
        double rows = RowsOf(stepsDone - epoch * plan.StepsPerEpoch);
        double trainingLoss = weight > 0 ? lossSum / weight : 0;
        epochs.Add(new EpochRecord(epoch, stepsDone, trainingLoss, validation.Loss, Rates(stepsDone - 1), gradientNorm, Elapsed.TotalSeconds, rows / (trained - epochStart).TotalSeconds)
        {
            ValidationMetrics = validation.Metrics,
            TrainingMetrics = training.Metrics,
        });
    }

    /// <summary>The epoch that has just ended.</summary>
    public TrainingProgress Progress(int numberOfEpochs)
    {
        EpochRecord last = epochs.Last!;
        // TimeSpan.FromSeconds cuts off what a double lacks of a whole tick.
        var elapsed = TimeSpan.FromTicks((long)Math.Round(last.Seconds * TimeSpan.TicksPerSecond));
        return new TrainingProgress(last.Epoch, numberOfEpochs, last.Steps, plan.TotalSteps, last.TrainingLoss, last.ValidationLoss, last.LearningRates, elapsed)
        {
            LearningRate = updater.MainRateAt(last.Steps - 1),
            ValidationMetrics = last.ValidationMetrics,
            TrainingMetrics = last.TrainingMetrics,
        };
    }

    /// <summary>Adds what callbacks reported to the epoch that has just ended.</summary>
    public void AddReported(IReadOnlyDictionary<string, double> metrics)
    {
        if (metrics.Count > 0) epochs.Change(epochs.Last! with { ValidationMetrics = epochs.Last.ValidationMetrics.SetItems(metrics) });
    }

    /// <summary>The epoch that has just ended is the best so far.</summary>
    public void MarkBest() => epochs.MarkBest();

    public TrainingHistory ToHistory(int? bestEpoch)
    {
        var history = new TrainingHistory(groups, epochs.Epochs, steps.ToImmutable());
        return bestEpoch is { } best and >= 0 ? history with { BestEpoch = best } : history;
    }

    public void Save(Checkpoint.Builder checkpoint) => checkpoint
        .Add("history", Encoding.UTF8.GetString(ToHistory(null).ToJson()))
        .Add("epoch.weight", weight).Add("epoch.gradient norm", gradientNorm)
        .Add("epoch.seconds", (Elapsed - epochStart).TotalSeconds).Add("seconds", Elapsed.TotalSeconds);

    /// <param name="checkpoint">Where to go on.</param>
    /// <param name="bestEpoch">The best epoch so far; null if none is looked for.</param>
    public void Restore(Checkpoint checkpoint, int? bestEpoch)
    {
        TrainingHistory saved = TrainingHistory.FromJson(Encoding.UTF8.GetBytes(checkpoint.Text("history")));
        epochs.Restore(saved.Epochs, bestEpoch);
        steps.AddRange(saved.Samples);
        epoch = (int)(checkpoint.Step / plan.StepsPerEpoch);
        (weight, gradientNorm) = (checkpoint.Number("epoch.weight"), checkpoint.Number("epoch.gradient norm"));
        before = TimeSpan.FromSeconds(checkpoint.Number("seconds")) - clock.Elapsed;
        epochStart = Elapsed - TimeSpan.FromSeconds(checkpoint.Number("epoch.seconds"));
    }

    // Rows in the first steps of an epoch.
    private double RowsOf(long stepsInEpoch)
    {
        double whole = plan.LastBatch == LastBatch.Keep ? plan.Rows!.Value : (double)plan.BatchesPerEpoch * plan.BatchSize!.Value;
        return Math.Min(whole, (double)stepsInEpoch * plan.GradientAccumulation * plan.BatchSize!.Value);
    }

    private ImmutableArray<double> Rates(long step) => [.. Enumerable.Range(0, groups.Length).Select(group => updater.RateAt(group, step))];
}
