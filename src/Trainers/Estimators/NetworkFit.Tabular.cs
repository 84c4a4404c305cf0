using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Tabular;
using Microsoft.ML.Trainers.Torch.Training;

namespace Microsoft.ML.Trainers.Torch.Estimators;

/// <summary>The trainers' path for <c>TorchTabular</c>, whose network depends on the rows and has several members.</summary>
internal sealed partial class NetworkFit
{
    private NetworkFitResult RunTabular(
        TorchTabularOptions options, TrainingData train, TrainingData? validation, IReadOnlySet<int> categorical, int classes, FittedNetwork? start, IChannel channel)
    {
        if (task == LearningTask.Regression) (train, validation) = KeepTargets(train, validation);
        OutputTransform output = task switch
        {
            LearningTask.Regression => PrepareTargets(train, validation, start, options.ClampPredictions ?? true),
            // Two outputs, as the recipe has it, unless the user's own loss wants one.
            LearningTask.BinaryClassification when options.Loss is null => new LogisticOutput(TwoOutputs: true).BoundedFor(),
            _ => OutputOf(scale: null, outputs: classes),
        };
        int outputs = TabularOutputs(train, classes);
        RunWatcher watcher = Watcher(channel);
        if (options.AutoLearningRate is { } test && CanStart(start, train, outputs))
        {
            RangeTestResult found = FindTabularRate(test, options, train, categorical, outputs, start, watcher);
            options = (TorchTabularOptions)WithRate(options, Recipe.Resolve(options, task, train.Rows).Optimizer, found, watcher);
        }
        ModelMetrics? metrics = ModelMetrics.Of(task, output, outputs, train.LabelColumns, Loss.ScoresAreLogOdds);
        FittedNetwork network = new TabularTraining(options, task, device, seed, watcher, metrics).Train(train, validation, categorical, outputs, output, start);
        return new NetworkFitResult(network, HeldOut: validation ?? train);
    }

    /// <summary>A range test on the network of the recipe, with the first weights of its first member or those of the model to go on from.</summary>
    private RangeTestResult FindTabularRate(
        RangeTest test, TorchTabularOptions given, TrainingData train, IReadOnlySet<int> categorical, int outputs, FittedNetwork? start, RunWatcher watcher)
    {
        TorchTabularOptions options = Recipe.Resolve(given, task, train.Rows);
        TabularShape shape = start is null
            ? TabularShape.Of(train, categorical, options, outputs, holdsOut: false, watcher.CheckAlive)[0]
            : TabularShape.Of(start.Network, options);
        Loss loss = Recipe.LossOf(options, task);
        ulong own = new RandomStream(seed, RandomStream.Purpose.Member, 0).NextBits();
        ReadOnlySpan<float> first = shape.Encoding is { } encoding
            ? FirstWeights.Of(shape.Network, encoding, train, options.DataDrivenInitialization, own)
            : start!.Weights(0);
        return RateFinder.Run(test, shape.Network, loss, train, shape.Options, device, own, first, watcher);
    }

    /// <summary>Whether there is no model to go on from, or one that takes these rows; the training says what is wrong with any other.</summary>
    private static bool CanStart(FittedNetwork? start, TrainingData train, int outputs) =>
        start is null || (start.Network.Inputs == train.Columns && start.Network.Outputs == outputs * start.Network.Members);

    private int TabularOutputs(TrainingData train, int classes) =>
        task == LearningTask.BinaryClassification && Options.Loss is null ? 2 : OutputsFor(train, classes);

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
