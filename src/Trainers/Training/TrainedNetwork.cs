using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Checkpoints;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Engines;

namespace Microsoft.ML.Trainers.Torch.Training;

/// <summary>What a run leaves: the weights in the network's layout, and how they came about.</summary>
internal sealed record TrainedNetwork(Network Network, float[] Weights, TrainingHistory History)
{
    /// <summary>The network as a model keeps it.</summary>
    public FittedNetwork ToFitted(OutputTransform output) => new(Network, Weights, output, History.ToJson());

    /// <summary>Trains a network from its first weights, or from those given.</summary>
    public static TrainedNetwork Train(
        Network network, Loss loss, TrainingData train, TrainingData? validation, TrainingOptions options, Device device, ulong seed, float[]? firstWeights, RunWatcher watcher,
        ModelMetrics? metrics = null)
    {
        using Engine engine = EngineChoice.Create(network, loss, train, device, options.NumberOfThreads, options.MatrixPrecision, seed, watcher.Say);
        return Train(engine, validation, options, seed, firstWeights, watcher, metrics);
    }

    /// <summary>The same with an engine that is given.</summary>
    public static TrainedNetwork Train(Engine engine, TrainingData? validation, TrainingOptions options, ulong seed, float[]? firstWeights, RunWatcher watcher, ModelMetrics? metrics = null)
    {
        if (validation is null && options.EarlyStopping is not null)
            throw new InvalidOperationException("EarlyStopping must have validation rows to watch but there were none. Set ValidationFraction or call Fit(train, validation).");

        if (options.EarlyStopping?.Metric is { } watched && Metric.Measured.Contains(watched) && metrics?.Names.Contains(watched.Name) != true)
            throw new InvalidOperationException($"EarlyStopping.Metric must be one of {string.Join(", ", metrics?.Names ?? [])}, or one that a callback reports, but was {watched.Name}. Leave it out to watch the loss.");

        Checkpoint? resumed = options.ResumeFrom is { } path ? CheckpointFolder.Read(path, watcher.Say) : null;
        TrainingPlan plan = options.PlanFor(engine.Data.Rows);
        LrSchedule schedule = options.Schedule;
        if (options.ResumeWithDecay is { } decay) (schedule, plan) = RunCheckpoints.Branch(resumed, plan, decay);

        if (firstWeights is null) Initializer.Fill(engine.Network, engine.Weights.Span, seed);
        else firstWeights.CopyTo(engine.Weights);
        engine.Send();
        GroupUpdater updater = engine.MakeUpdater(options.Optimizer, options.ParameterGroups, schedule, plan, options.GradientClipping);

        IReadOnlyList<KeyValuePair<string, string>> Describe() => RunCheckpoints.Describe(engine.Network, engine.Loss, engine.Data, validation, options, plan, schedule, seed);
        if (resumed is not null) RunCheckpoints.RequireSameRun(resumed, Describe(), options.ResumeWithDecay is null ? options.ResumeMode : ResumeMode.SameRates, plan, schedule);
        using var checkpoints = new RunCheckpoints(options.Checkpoints, resumed?.Step ?? 0, Describe);
        var loop = new TrainingLoop(engine, updater, plan, options, seed, validation, watcher, checkpoints, metrics);
        if (resumed is not null) loop.Restore(resumed);
        TrainingHistory history = loop.Run();
        return new TrainedNetwork(engine.Network, engine.Weights.ToArray(), history);
    }
}
