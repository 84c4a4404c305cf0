using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Engines;

namespace Microsoft.ML.Trainers.Torch.Training;

/// <summary>
/// Runs a range test on an engine and weights of its own: nothing of the trainer or of a later fit changes. Groups with rates of
/// their own keep their ratio to the optimizer's.
/// </summary>
internal static class RateFinder
{
    public static RangeTestResult Run(RangeTest test, Network network, Loss loss, TrainingData train, TrainingOptions options, Device device, ulong seed, ReadOnlySpan<float> firstWeights, RunWatcher watcher)
    {
        // A loss that a schedule lowers would hide that the rate does: the smoothing stays where it starts, as dropout does.
        if (loss is SoftmaxCrossEntropy { LabelSmoothing.IsConstant: false } softmax) loss = softmax with { LabelSmoothing = softmax.LabelSmoothing.Value };
        TrainingPlan batches = options.PlanFor(train.Rows);
        TrainingPlan plan = new(train.Rows, batches.BatchSize!.Value, (double)test.Steps / batches.StepsPerEpoch, batches.GradientAccumulation, batches.LastBatch);
        Optimizer optimizer = options.Optimizer with { LearningRate = options.Optimizer.LearningRate > 0 ? options.Optimizer.LearningRate : 1 };
        using Engine engine = EngineChoice.Create(network, loss, train, device, options.NumberOfThreads, options.MatrixPrecision, seed, watcher.Say);
        firstWeights.CopyTo(engine.Weights.Span);
        engine.Send();
        GroupUpdater updater = engine.MakeUpdater(optimizer, options.ParameterGroups, test.Schedule, plan);
        updater.RateMultiplier = test.HighestRate / optimizer.LearningRate;
        var losses = new List<double>();
        new TrainingLoop(engine, updater, plan, options.ForRangeTest(), seed, validation: null, watcher).RunUntil(loss =>
        {
            losses.Add(loss);
            return test.ShouldStop(losses);
        });
        return test.Analyze(losses);
    }
}
