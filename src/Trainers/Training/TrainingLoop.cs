using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch.Checkpoints;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Engines;

namespace Microsoft.ML.Trainers.Torch.Training;

/// <summary>Gradient descent: for each step a gradient and an update. The same loop drives every engine and optimizer.</summary>
internal sealed class TrainingLoop(
    Engine engine, GroupUpdater updater, TrainingPlan plan, TrainingOptions options, ulong seed, TrainingData? validation, RunWatcher watcher, RunCheckpoints? checkpoints = null,
    ModelMetrics? metrics = null)
{
    private readonly BatchOrder order = new(
        engine.Data.Rows, seed, options.Shuffle, BatchOrder.BlockRows(engine.Data.Rows, engine.Data.Columns, plan.BatchSize ?? 1));
    private readonly HistoryRecorder history = new(updater, plan);
    private readonly BestWeights? best = options.EarlyStopping is { } stopping ? new BestWeights(engine.Weights.Length, stopping.MinimumDelta) : null;
    private readonly BoundSchedule? dropout = options.DropoutSchedule?.Bind(plan);
    private readonly double mostDropped = MostDropped(engine.Network.Layers);
    private readonly BoundValue? smoothing = engine.Loss is SoftmaxCrossEntropy { LabelSmoothing.IsConstant: false } loss ? loss.LabelSmoothing.Bind(plan) : null;

    // Made once: a step allocates nothing.
    private readonly Action<int, int> applyShare = updater.Apply;
    private readonly bool slices = updater.ReadsSlices;
    private Action<Checkpoint.Builder>? save;
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
        save = Save;
        Shuffle();
        while (step < plan.TotalSteps && !stopped)
        {
            if (StepInEpoch == 0)
            {
                Shuffle();
                history.StartEpoch(Epoch);
                engine.LossSum = 0;
            }
            watcher.CheckAlive();
            bool wanted = history.Wants(step), later = engine.DefersLoss && !wanted;
            double loss = Gradient(out double weight, later, deferSum: slices && !wanted);
            if (!later)
            {
                engine.LossSum += loss * weight;
                RequireFinite(loss);
            }
            if (wanted) history.Record(step, loss, engine.GradientNorm());
            updater.BeginStep(step, again);
            engine.Share(engine.Weights.Length, applyShare);
            history.Add(weight);

            bool endsEpoch = StepInEpoch == plan.StepsPerEpoch - 1 || step == plan.TotalSteps - 1;
            if (endsEpoch) EndEpoch();
            step++;
            checkpoints?.SaveIfDue(step, endsEpoch ? history.CompletedEpochs : null, history.Last is { } last && endsEpoch ? Criterion(last) : double.NaN, save);
        }
        updater.BeginEvaluation();
        engine.Fetch();
        if (best is { Epoch: >= 0 }) best.Weights.CopyTo(engine.Weights.Span);
        return history.ToHistory(best?.Epoch);
    }

    /// <summary>Trains without epochs, records or checkpoints until <paramref name="enough"/>, told each step's loss, says so.</summary>
    public void RunUntil(Func<double, bool> enough)
    {
        again = () => Gradient(out _);
        for (; step < plan.TotalSteps; step++)
        {
            if (StepInEpoch == 0) Shuffle();
            watcher.CheckAlive();
            if (enough(Gradient(out _, deferSum: slices))) return;
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
        engine.Send();
        engine.LossSum = checkpoint.Number("epoch.loss");
        updater.RestoreState(OptimizerState.Read(checkpoint));
        best?.Restore(checkpoint);
        history.Restore(checkpoint, best?.Epoch);
        if (options.Plateau is not null)
        {
            plateau = PlateauStateText.Read(checkpoint.Text("plateau state"));
            updater.RateMultiplier = plateau.Factor;
        }
    }

    private void Save(Checkpoint.Builder checkpoint)
    {
        // A loss that was deferred may have stopped being a number some steps ago: such weights are not kept.
        RequireFinite(engine.LossSum);
        engine.Fetch();
        checkpoint.Add("stopped", stopped ? 1 : 0).Add<float>("weights", engine.Weights).Add("epoch.loss", engine.LossSum);
        OptimizerState.Write(checkpoint, updater);
        history.Save(checkpoint);
        best?.Save(checkpoint);
        if (plateau is not null) checkpoint.Add("plateau state", PlateauStateText.Write(plateau));
    }

    private void EndEpoch()
    {
        int epoch = Epoch;
        history.EndSteps();
        updater.BeginEvaluation();
        history.EndEpoch(
            step + 1, engine.LossSum,
            validation is null ? Evaluation.None : Evaluation.Of(engine, validation, metrics),
            options.TrainingMetrics && metrics is not null ? Evaluation.Of(engine, engine.Data, metrics) : Evaluation.None);
        TrainingProgress progress = history.Progress((int)Math.Ceiling(plan.Epochs));
        if (watcher.Report(progress, options.StopWhen) || progress.Elapsed >= options.MaximumTime) stopped = true;
        history.AddReported(progress.Reported);
        EpochRecord ended = history.Last!;
        best?.Observe(epoch, Criterion(ended), EvaluatedWeights);
        if (best?.Epoch == epoch) history.MarkBest();
        updater.EndEvaluation();
        if (best is not null && best.Waited >= options.EarlyStopping!.Patience) stopped = true;
        if (plateau is not null)
        {
            plateau = options.Plateau!.Observe(plateau, validation is null ? ended.TrainingLoss : ended.ValidationLoss);
            updater.RateMultiplier = plateau.Factor;
        }
    }

    /// <summary>What the best epoch has least of: the validation loss, or the metric that early stopping watches.</summary>
    private double Criterion(EpochRecord epoch)
    {
        if (options.EarlyStopping?.Metric is not { } metric) return epoch.ValidationLoss;
        if (epoch.ValidationMetrics.TryGetValue(metric.Name, out double value)) return metric.AsLoss(value);
        throw new InvalidOperationException(
            $"EarlyStopping.Metric must be one of {string.Join(", ", epoch.ValidationMetrics.Keys)}, or one that a callback reports at every epoch, but was {metric.Name}. Report it with TrainingProgress.Report.");
    }

    /// <summary>The mean gradient over the batches of the present step.</summary>
    private double Gradient(out double weight, bool deferLoss = false, bool deferSum = false)
    {
        int first = StepInEpoch * plan.GradientAccumulation;
        int end = (int)Math.Min(first + plan.GradientAccumulation, plan.BatchesPerEpoch);
        weight = 0;
        for (int batch = first; batch < end; batch++) weight += engine.Data.TotalWeight(order.Batch(batch, plan.BatchSize!.Value));
        double loss = 0, scale = weight > 0 ? 1 / weight : 0;
        var settings = new StepSettings(step, DropoutScale: DropoutScale(), LabelSmoothing: LabelSmoothing(), DeferLoss: deferLoss);
        for (int batch = first; batch < end; batch++)
        {
            ReadOnlySpan<int> rows = order.Batch(batch, plan.BatchSize!.Value);
            loss += engine.ForwardBackward(rows, scale, accumulate: batch > first, settings with { DeferSum = deferSum && batch == end - 1 });
            settings = settings with { FirstRow = settings.FirstRow + rows.Length };
        }
        return loss;
    }

    private double DropoutScale()
    {
        if (dropout is null) return 1;
        double factor = dropout.FactorAt(step);
        Require.Fraction(mostDropped * factor, DropoutMask.ScheduleAdvice, "Dropout");
        return factor;
    }

    private double? LabelSmoothing() =>
        smoothing is null ? null : Require.Fraction(smoothing.At(step), "0.1 is usual.", nameof(SoftmaxCrossEntropy.LabelSmoothing));

    private static double MostDropped(IEnumerable<Layer> layers) =>
        layers.Select(layer => layer switch
        {
            Dropout dropout => dropout.Rate,
            Residual residual => MostDropped(residual.Block),
            _ => 0,
        }).DefaultIfEmpty().Max();

    private void Shuffle()
    {
        order.StartEpoch(Epoch);
        if (engine.KeepsOrder) engine.UseOrder(order.Rows);
    }

    private void EvaluatedWeights(Span<float> destination)
    {
        engine.Fetch();
        engine.Weights.Span.CopyTo(destination);
    }

    private void RequireFinite(double loss)
    {
        if (!double.IsFinite(loss) || !double.IsFinite(engine.LossSum)) throw new TrainingDivergedException(step, updater.MainRateAt(step), loss);
    }
}
