using System.Numerics.Tensors;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Engines;

namespace Microsoft.ML.Trainers.Torch.Training;

/// <summary>Gradient descent: for each epoch, for each step, a gradient and an update. The same loop drives every engine and optimizer.</summary>
internal sealed class TrainingLoop(
    Engine engine, ParameterUpdater updater, TrainingPlan plan, TrainingOptions options, ulong seed, TrainingData? validation, RunWatcher watcher)
{
    private readonly BatchOrder order = new(engine.Data.Rows, seed, options.Shuffle);
    private readonly HistoryRecorder history = new(updater, plan);
    private readonly BestWeights? best = options.EarlyStopping is { } stopping ? new BestWeights(engine.Weights.Length, stopping.MinimumDelta) : null;

    private readonly BoundSchedule? dropout = options.DropoutSchedule?.Bind(plan);

    // Delegates are made once: a step allocates nothing.
    private readonly Action<int, int> applyShare = updater.Apply;
    private Func<double>? again;
    private int index;
    private long step;

    /// <summary>Trains; afterwards the engine holds the weights of the model.</summary>
    public TrainingHistory Run()
    {
        // For optimizers that evaluate loss and gradient more than once in a step.
        again = () => Gradient(out _);
        for (int epoch = 0; epoch < options.NumberOfEpochs; epoch++)
        {
            order.StartEpoch(epoch);
            history.StartEpoch(epoch);
            for (index = 0; index < plan.StepsPerEpoch; index++, step++)
            {
                watcher.CheckAlive();
                double loss = Gradient(out double weight);
                if (!double.IsFinite(loss)) throw new TrainingDivergedException(step, updater.RateAt(0, step), loss);
                if (history.Wants(step, index)) history.Record(step, loss, GradientNorm());
                updater.BeginStep(step, again);
                engine.Share(engine.Weights.Length, applyShare);
                history.Add(loss, weight);
            }
            double validationLoss = ValidationLoss();
            history.EndEpoch(step, validationLoss);
            watcher.Report(history.Progress(options.NumberOfEpochs));
            best?.Observe(epoch, validationLoss, updater.EvaluationWeights);
            if (best is not null && best.Waited >= options.EarlyStopping!.Patience) break;
        }
        if (best is { Epoch: >= 0 }) best.Weights.CopyTo(engine.Weights.Span);
        else if (updater.HasAverage) updater.EvaluationWeights(engine.Weights.Span);
        return history.ToHistory(best?.Epoch);
    }

    /// <summary>The mean gradient over the batches of the present step.</summary>
    private double Gradient(out double weight)
    {
        int first = index * plan.GradientAccumulation;
        int end = (int)Math.Min(first + plan.GradientAccumulation, plan.BatchesPerEpoch);
        weight = 0;
        for (int batch = first; batch < end; batch++) weight += engine.Data.TotalWeight(order.Batch(batch, plan.BatchSize!.Value));
        double loss = 0, scale = weight > 0 ? 1 / weight : 0;
        var settings = new StepSettings(step, DropoutScale: dropout?.FactorAt(step) ?? 1);
        for (int batch = first; batch < end; batch++)
        {
            ReadOnlySpan<int> rows = order.Batch(batch, plan.BatchSize!.Value);
            loss += engine.ForwardBackward(rows, scale, accumulate: batch > first, settings);
            settings = settings with { FirstRow = settings.FirstRow + rows.Length };
        }
        return loss;
    }

    private double GradientNorm() => Math.Sqrt(TensorPrimitives.SumOfSquares<float>(engine.Gradients.Span));

    private double ValidationLoss()
    {
        if (validation is null) return double.NaN;
        if (!updater.HasAverage) return Evaluation.MeanLoss(engine, validation);
        float[] trained = engine.Weights.ToArray();
        updater.EvaluationWeights(engine.Weights.Span);
        double loss = Evaluation.MeanLoss(engine, validation);
        trained.CopyTo(engine.Weights);
        return loss;
    }
}
