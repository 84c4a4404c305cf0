using System.Numerics.Tensors;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Checkpoints;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Engines;

namespace Microsoft.ML.Trainers.Torch.Training;

/// <summary>Gradient descent: for each step a gradient and an update. The same loop drives every engine and optimizer.</summary>
internal sealed class TrainingLoop(
    Engine engine, ParameterUpdater updater, TrainingPlan plan, TrainingOptions options, ulong seed, TrainingData? validation, RunWatcher watcher, RunCheckpoints? checkpoints = null)
{
    private readonly BatchOrder order = new(
        engine.Data.Rows, seed, options.Shuffle, BatchOrder.BlockRows(engine.Data.Rows, engine.Data.Columns, plan.BatchSize ?? 1));
    private readonly HistoryRecorder history = new(updater, plan);
    private readonly BestWeights? best = options.EarlyStopping is { } stopping ? new BestWeights(engine.Weights.Length, stopping.MinimumDelta) : null;
    private readonly BoundSchedule? dropout = options.DropoutSchedule?.Bind(plan);
    private readonly BoundValue? smoothing = engine.Loss is SoftmaxCrossEntropy { LabelSmoothing.IsConstant: false } loss ? loss.LabelSmoothing.Bind(plan) : null;

    // Made once: a step allocates nothing.
    private readonly Action<int, int> applyShare = updater.Apply;
    private Func<double>? again;
    private PlateauState? plateau = options.Plateau?.Start;
    private long step;
    private bool stopped;

    private int Epoch => (int)(step / plan.StepsPerEpoch);

    private int StepInEpoch => (int)(step % plan.StepsPerEpoch);

    /// <summary>Trains from the present step to the end; afterwards the engine holds the weights of the model.</summary>
    public TrainingHistory Run()
    {
        // For optimizers that evaluate loss and gradient more than once in a step.
        again = () => Gradient(out _);
        order.StartEpoch(Epoch);
        while (step < plan.TotalSteps && !stopped)
        {
            if (StepInEpoch == 0)
            {
                order.StartEpoch(Epoch);
                history.StartEpoch(Epoch);
            }
            watcher.CheckAlive();
            double loss = Gradient(out double weight);
            if (!double.IsFinite(loss)) throw new TrainingDivergedException(step, updater.RateAt(0, step), loss);
            if (history.Wants(step)) history.Record(step, loss, GradientNorm());
            updater.BeginStep(step, again);
            engine.Share(engine.Weights.Length, applyShare);
            history.Add(loss, weight);

            bool endsEpoch = StepInEpoch == plan.StepsPerEpoch - 1 || step == plan.TotalSteps - 1;
            if (endsEpoch) EndEpoch();
            step++;
            checkpoints?.SaveIfDue(step, endsEpoch ? history.CompletedEpochs : null, history.LastValidationLoss, Save);
        }
        if (best is { Epoch: >= 0 }) best.Weights.CopyTo(engine.Weights.Span);
        else if (updater.HasAverage) updater.EvaluationWeights(engine.Weights.Span);
        return history.ToHistory(best?.Epoch);
    }

    /// <summary>Trains without epochs, records or checkpoints until <paramref name="enough"/>, told each step's loss, says so.</summary>
    public void RunUntil(Func<double, bool> enough)
    {
        again = () => Gradient(out _);
        for (; step < plan.TotalSteps; step++)
        {
            if (StepInEpoch == 0) order.StartEpoch(Epoch);
            watcher.CheckAlive();
            if (enough(Gradient(out _))) return;
            updater.BeginStep(step, again);
            engine.Share(engine.Weights.Length, applyShare);
        }
    }

    /// <summary>Goes on where a checkpoint was written.</summary>
    public void Restore(Checkpoint checkpoint)
    {
        step = checkpoint.Step;
        stopped = checkpoint.Integer("stopped") != 0;
        checkpoint.CopyTensor("weights", engine.Weights.Span);
        updater.RestoreState(OptimizerState.Read(checkpoint, updater));
        history.Restore(checkpoint);
        best?.Restore(checkpoint);
        if (options.Plateau is not null)
        {
            plateau = PlateauStateText.Read(checkpoint.Text("plateau state"));
            updater.RateMultiplier = plateau.Factor;
        }
    }

    private void Save(Checkpoint.Builder checkpoint)
    {
        checkpoint.Add("stopped", stopped ? 1 : 0).Add<float>("weights", engine.Weights);
        OptimizerState.Write(checkpoint, updater);
        history.Save(checkpoint);
        best?.Save(checkpoint);
        if (plateau is not null) checkpoint.Add("plateau state", PlateauStateText.Write(plateau));
    }

    private void EndEpoch()
    {
        int epoch = Epoch;
        double validationLoss = ValidationLoss();
        history.EndEpoch(step + 1, validationLoss);
        best?.Observe(epoch, validationLoss, updater.EvaluationWeights);
        if (best is not null && best.Waited >= options.EarlyStopping!.Patience) stopped = true;
        if (plateau is not null)
        {
            plateau = options.Plateau!.Observe(plateau, validation is null ? history.LastTrainingLoss : validationLoss);
            updater.RateMultiplier = plateau.Factor;
        }
        TrainingProgress progress = history.Progress((int)Math.Ceiling(plan.Epochs));
        watcher.Report(progress);
        if (options.StopWhen?.Invoke(progress) == true || progress.Elapsed >= options.MaximumTime) stopped = true;
    }

    /// <summary>The mean gradient over the batches of the present step.</summary>
    private double Gradient(out double weight)
    {
        int first = StepInEpoch * plan.GradientAccumulation;
        int end = (int)Math.Min(first + plan.GradientAccumulation, plan.BatchesPerEpoch);
        weight = 0;
        for (int batch = first; batch < end; batch++) weight += engine.Data.TotalWeight(order.Batch(batch, plan.BatchSize!.Value));
        double loss = 0, scale = weight > 0 ? 1 / weight : 0;
        var settings = new StepSettings(step, DropoutScale: dropout?.FactorAt(step) ?? 1, Loss: smoothing is null ? null : new SoftmaxCrossEntropy { LabelSmoothing = smoothing.At(step) });
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
