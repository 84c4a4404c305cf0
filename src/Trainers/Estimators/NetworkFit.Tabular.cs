using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Tabular;
using Microsoft.ML.Trainers.Torch.Training;

namespace Microsoft.ML.Trainers.Torch.Estimators;

/// <summary>The trainers' path for <c>TorchTabular</c>, whose network depends on the rows and has several members.</summary>
internal sealed partial class NetworkFit
{
    public bool IsTabular => Options is TorchTabularOptions;

    /// <param name="context">Rows to train on, perhaps rows to validate on, perhaps a model to start from.</param>
    /// <param name="classes">Number of classes; 1 unless multiclass.</param>
    /// <param name="start">The model to start from, or null.</param>
    public FittedNetwork RunTabular(TrainContext context, int classes, FittedNetwork? start)
    {
        using IChannel channel = host.Start("Training");
        IReadOnlySet<int> categorical = CategoricalSlots(context.TrainingSet);
        TrainingData train = Read(context.TrainingSet, classes, categorical);
        TrainingData? validation = context.ValidationSet is { } given ? Read(given, classes, categorical) : null;
        if (validation is null && Options.ValidationFraction > 0) (train, validation) = ValidationSplit.Of(train, Options.ValidationFraction, seed);
        if (validation is not null && validation.Columns != train.Columns)
            throw new InvalidOperationException($"The validation rows must have {train.Columns} features as the training rows have but had {validation.Columns}. Use the same transforms for both.");
        if (Options.ClassWeights is { } classWeights) train = classWeights.Apply(train, Math.Max(2, classes));

        var options = (TorchTabularOptions)Options;
        if (task == LearningTask.Regression) (train, validation) = KeepTargets(train, validation);
        OutputTransform output = task switch
        {
            LearningTask.Regression => PrepareTargets(train, validation, start, options.ClampPredictions ?? true),
            // Two outputs, as the recipe has it, unless the user's own loss wants one.
            LearningTask.BinaryClassification => new LogisticOutput(TwoOutputs: Options.Loss is null).BoundedFor(),
            _ => new SoftmaxOutput(),
        };

        object gate = new();
        IEnumerable<Action<TrainingProgress>> listeners = Listeners(channel).Select<Action<TrainingProgress>, Action<TrainingProgress>>(
            listener => now => { lock (gate) listener(now); });
        var watcher = new RunWatcher(Options.CancellationToken, host.CheckAlive, [.. listeners], remark => { lock (gate) channel.Info(remark); });
        int outputs = task == LearningTask.BinaryClassification && Options.Loss is null ? 2 : OutputsFor(train, classes);
        ModelMetrics? metrics = ModelMetrics.Of(task, output, outputs, train.LabelColumns, hasProbability: true);
        return new TabularTraining(options, task, device, seed, watcher, metrics).Train(train, validation, categorical, outputs, output, start);
    }

    /// <summary>Standardises the labels in place; what undoes it.</summary>
    private OutputTransform PrepareTargets(TrainingData train, TrainingData? validation, FittedNetwork? start, bool clamp)
    {
        ReadOnlySpan<float> labels = train.Labels.Span;
        float smallest = float.PositiveInfinity, largest = float.NegativeInfinity;
        foreach (float label in labels) (smallest, largest) = (Math.Min(smallest, label), Math.Max(largest, label));
        TargetScale scale = start is null ? TargetScale.Of(train, Loss) : TargetScale.Of(start);
        scale.Apply(train);
        if (validation is not null) scale.Apply(validation);
        OutputTransform output = scale.ToOutput(OutputsFor(train, 1), Loss is QuantileLoss);
        return clamp && train.LabelColumns == 1 && output is LinearOutput linear ? linear with { Minimum = smallest, Maximum = largest } : output;
    }
}
