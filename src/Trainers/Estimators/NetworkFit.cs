using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Tabular;
using Microsoft.ML.Trainers.Torch.Training;

namespace Microsoft.ML.Trainers.Torch.Estimators;

/// <summary>What the trainers of all tasks share: from the rows of a data view to a trained network.</summary>
internal sealed partial class NetworkFit
{
    private readonly IHost host;
    private readonly LearningTask task;
    private readonly Device device;
    private readonly ulong seed;

    /// <param name="environment">The context's own environment, which alone knows its GPU.</param>
    public NetworkFit(IHostEnvironment environment, IHost host, TrainingOptions options, LearningTask task)
    {
        this.host = host;
        device = ContextDevice.Resolve(options.Device, environment, Say);
        this.task = task;
        Options = options;
        // Drawn once: the host's generator advances, and fitting the same trainer twice must give the same model.
        seed = (ulong)(uint)(options.Seed ?? host.Rand.Next());
        Loss = options.Loss ?? task switch
        {
            LearningTask.Regression => new SquaredError(),
            LearningTask.BinaryClassification => new LogisticLoss(),
            _ => new SoftmaxCrossEntropy(),
        };
        if (!Loss.IsFor(task))
            throw new ArgumentException($"Loss must be one for {task} but was {Loss}, which is for {Loss.Task}. Leave it out for the task's default.", nameof(options));
        options.Check();
        if (options.ClassWeights is not null && task == LearningTask.Regression)
            throw new ArgumentException("ClassWeights must be null for regression but were given. Use an example weight column.", nameof(options));
    }

    /// <summary>A regression whose prediction is one number.</summary>
    public static NetworkFit ForOneNumber(IHostEnvironment environment, IHost host, TrainingOptions options) =>
        options.Loss is QuantileLoss { Quantiles.Length: > 1 }
            ? throw new ArgumentException($"Loss must predict one number but was {options.Loss}, which predicts several. Use TorchMlpVector or TorchLinearVector.", nameof(options))
            : new NetworkFit(environment, host, options, LearningTask.Regression);

    public TrainingOptions Options { get; }

    public Loss Loss { get; }

    /// <param name="context">Rows to train on, perhaps rows to validate on, perhaps a model to start from.</param>
    /// <param name="classes">Number of classes; 1 unless multiclass.</param>
    /// <param name="start">The model to start from, or null.</param>
    public NetworkFitResult Run(TrainContext context, int classes, FittedNetwork? start)
    {
        using IChannel channel = host.Start("Training");
        IReadOnlySet<int> categorical = CategoricalSlots(context.TrainingSet);
        (TrainingData train, TrainingData? validation) = Read(context, classes, categorical);
        if (Options is TorchTabularOptions tabular) return RunTabular(tabular, train, validation, categorical, classes, start, channel);

        TargetScale? scale = null;
        if (task == LearningTask.Regression)
        {
            (train, validation) = KeepTargets(train, validation);
            scale = start is null ? TargetScale.Of(train, Loss) : TargetScale.Of(start);
            scale.Apply(train);
            if (validation is not null) scale.Apply(validation);
        }
        (Network network, float[] firstWeights) = start is null ? Build(train, categorical, classes) : WarmStart.From(start, Options, train.Columns, OutputsFor(train, classes));

        RunWatcher watcher = Watcher(channel);
        TrainingOptions options = Options;
        if (options.AutoLearningRate is { } test)
            options = WithRate(options, options.Optimizer, RateFinder.Run(test, network, Loss, train, options, device, seed, firstWeights, watcher), watcher);
        OutputTransform output = OutputOf(scale, network.Outputs);
        ModelMetrics? metrics = ModelMetrics.Of(task, output, network.Outputs, train.LabelColumns, Loss.ScoresAreLogOdds);
        TrainedNetwork trained = TrainedNetwork.Train(network, Loss, train, validation, options, device, seed, firstWeights, watcher, metrics);
        return new NetworkFitResult(trained.ToFitted(output), HeldOut: validation ?? train);
    }

    /// <summary>A range test over the rows that a fit would train on; nothing of this trainer changes.</summary>
    public RangeTestResult FindLearningRate(RoleMappedData rows, int classes, RangeTest test)
    {
        using IChannel channel = host.Start("Range test");
        IReadOnlySet<int> categorical = CategoricalSlots(rows);
        TrainingData train = Read(rows, classes, categorical, "training");
        if (Options.ValidationFraction > 0) train = ValidationSplit.Of(train, Options.ValidationFraction, seed).Train;
        if (Options.ClassWeights is { } classWeights) train = classWeights.Apply(train, Math.Max(2, classes));
        if (task == LearningTask.Regression) TargetScale.Of(train, Loss).Apply(train);
        var watcher = new RunWatcher(Options.CancellationToken, host.CheckAlive, [], remark => channel.Info(remark));
        if (Options is TorchTabularOptions tabular) return FindTabularRate(test, tabular, train, categorical, TabularOutputs(train, classes), start: null, watcher);
        (Network network, float[] firstWeights) = Build(train, categorical, classes);
        return RateFinder.Run(test, network, Loss, train, Options, device, seed, firstWeights, watcher);
    }

    /// <summary>The options with the rate that a range test found.</summary>
    private static TrainingOptions WithRate(TrainingOptions options, Optimizer optimizer, RangeTestResult found, RunWatcher watcher)
    {
        watcher.Say(string.Create(CultureInfo.InvariantCulture, $"Range test: learning rate {found.Valley:g4}."));
        TrainingOptions own = options.Copy();
        own.Optimizer = optimizer with { LearningRate = found.Valley };
        return own;
    }

    private RunWatcher Watcher(IChannel channel) => new(Options.CancellationToken, host.CheckAlive, [.. Listeners(channel)], remark => channel.Info(remark));

    private void Say(string remark)
    {
        using IChannel channel = host.Start("Device");
        channel.Info(remark);
    }

    /// <summary>How the network's outputs become predictions.</summary>
    private OutputTransform OutputOf(TargetScale? scale, int outputs) => task switch
    {
        LearningTask.Regression => scale!.ToOutput(outputs, ascending: Loss is QuantileLoss && outputs > 1),
        // Bounds for other scores follow from their calibrator.
        LearningTask.BinaryClassification => Loss.ScoresAreLogOdds ? new LogisticOutput().BoundedFor() : new LogisticOutput(),
        _ => new SoftmaxOutput(),
    };

    /// <summary>Metrics are of the labels in the user's unit: these are kept where metrics are measured.</summary>
    private (TrainingData Train, TrainingData? Validation) KeepTargets(TrainingData train, TrainingData? validation) =>
        (Options.TrainingMetrics ? train.WithTargets() : train, validation?.WithTargets());

    private int OutputsFor(TrainingData train, int classes)
    {
        if (train.LabelColumns > 1 && Loss is QuantileLoss)
            throw new InvalidOperationException($"QuantileLoss must have one label but the label is a vector of {train.LabelColumns}. Train one model per label.");
        return Loss.Outputs(classes) * train.LabelColumns;
    }

    /// <summary>The network for these rows, with what of it is fitted to them, and its first weights.</summary>
    private (Network Network, float[] Weights) Build(TrainingData train, IReadOnlySet<int> categorical, int classes)
    {
        int outputs = OutputsFor(train, classes);
        TabularEncoding? front = Options is NetworkOptions { HasFront: true } options ? new TabularEncoding(train, categorical, options, host.CheckAlive) : null;
        Network network = front is null
            ? Options.BuildNetwork(train.Columns, outputs)
            : new Network([.. front.Layers, .. Options.BuildNetwork(front.Outputs, outputs).Layers]);
        return (network, FirstWeights.Of(network, front, train, (Options as NetworkOptions)?.FirstWeights ?? WeightInitialization.Kaiming, seed));
    }

    /// <summary>The rows to train on, with the weights of their classes, and those to validate on.</summary>
    private (TrainingData Train, TrainingData? Validation) Read(TrainContext context, int classes, IReadOnlySet<int> categorical)
    {
        TrainingData train = Read(context.TrainingSet, classes, categorical, "training");
        TrainingData? validation = context.ValidationSet is { } given ? Read(given, classes, categorical, "validation") : null;
        if (validation is null && Options.ValidationFraction > 0) (train, validation) = ValidationSplit.Of(train, Options.ValidationFraction, seed);
        if (validation is not null && validation.Columns != train.Columns)
            throw new InvalidOperationException($"The validation rows must have {train.Columns} features as the training rows have but had {validation.Columns}. Use the same transforms for both.");
        return (Options.ClassWeights is { } classWeights ? classWeights.Apply(train, Math.Max(2, classes)) : train, validation);
    }

    private TrainingData Read(RoleMappedData data, int classes, IReadOnlySet<int> categorical, string what)
    {
        MissingValueHandling handling = (Options as NetworkOptions)?.MissingValues ?? (Options is TorchTabularOptions ? MissingValueHandling.Impute : MissingValueHandling.Error);
        return DataReader.Read(data, classes, mayBeMissing: column => handling != MissingValueHandling.Error || categorical.Contains(column), host.CheckAlive, Options.NumberOfThreads, what);
    }

    /// <summary>The places of the features that hold category codes.</summary>
    private IReadOnlySet<int> CategoricalSlots(RoleMappedData data)
    {
        DataViewSchema.Column features = data.Schema.Feature!.Value;
        IReadOnlyList<string> names = (Options as NetworkOptions)?.CategoricalColumns ?? [];
        if (names.Count == 0) return new HashSet<int>();
        if (!features.HasSlotNames())
            throw new ArgumentException($"CategoricalColumns must name slots of '{features.Name}' but '{names[0]}' is none: the column has no slot names. Make it with mlContext.Transforms.Concatenate, which gives each slot the name of its column.");
        VBuffer<ReadOnlyMemory<char>> slots = default;
        features.GetSlotNames(ref slots);
        string[] all = [.. slots.DenseValues().Select(name => name.ToString())];
        return names.Select(name => Array.IndexOf(all, name) is >= 0 and var place ? place
            : throw new ArgumentException($"CategoricalColumns must name slots of '{features.Name}' but '{name}' is none. There are: {string.Join(", ", all.Take(50))}.")).ToHashSet();
    }

    private IEnumerable<Action<TrainingProgress>> Listeners(IChannel channel)
    {
        // Not by ML.NET's progress channels: an MLContext never shows what they are told, and keeps all of it for ever.
        yield return now => channel.Info(string.Create(CultureInfo.InvariantCulture,
            $"{(now.Run.Length > 0 ? now.Run + "  " : "")}epoch {now.Epoch + 1}/{now.NumberOfEpochs}  rate {now.LearningRate:g4}  loss {now.TrainingLoss:g6}{(double.IsNaN(now.ValidationLoss) ? "" : string.Create(CultureInfo.InvariantCulture, $"  validation {now.ValidationLoss:g6}"))}{string.Concat(now.ValidationMetrics.Select(metric => string.Create(CultureInfo.InvariantCulture, $"  {metric.Key} {metric.Value:g6}")))}"));
        if (Options.Progress is { } listener) yield return listener.Report;
    }
}

/// <summary>What a fit gives.</summary>
/// <param name="Network">The network.</param>
/// <param name="HeldOut">Rows to calibrate on: those of validation, or else those of training.</param>
internal sealed record NetworkFitResult(FittedNetwork Network, TrainingData HeldOut);
