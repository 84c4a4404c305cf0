using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Engines;
using Microsoft.ML.Trainers.Torch.Engines.Cpu;
using Microsoft.ML.Trainers.Torch.Training;

namespace Faults.Support;

/// <summary>A run on a named engine: the choice that the trainers make by device and layers is made by the test.</summary>
internal static class EngineRun
{
    public const string Managed = "managed", Libtorch = "libtorch";

    public static TorchMlpOptions Options(double epochs = 5) => new()
    {
        HiddenLayers = [16],
        NumberOfEpochs = epochs,
        BatchSize = 10,
        Optimizer = Optimizers.AdamW(0.01),
        Schedule = LrSchedule.Warmup(0.1.OfRun()).Cosine(TrainingSpan.Rest),
        NumberOfThreads = 2,
        Seed = 1,
    };

    public static TrainedNetwork Train(string engineName, TrainingData data, TorchMlpOptions options, params Action<TrainingProgress>[] listeners)
    {
        Network network = WithDropout(options);
        ulong seed = (ulong)options.Seed!.Value;
        using Engine engine = engineName == Libtorch
            ? new TorchEngine(network, new SquaredError(), data, seed, Device.Cpu)
            : new CpuEngine(network, new SquaredError(), data, seed, options.NumberOfThreads ?? 0);
        TrainingPlan plan = options.PlanFor(data.Rows);
        Initializer.Fill(network, engine.Weights.Span, seed);
        var updater = new ParameterUpdater(options.Optimizer, options.ParameterGroups, options.Schedule, plan, network.Layout, engine.Weights, engine.Gradients);
        var watcher = new RunWatcher(options.CancellationToken, () => { }, listeners, _ => { });
        TrainingHistory history = new TrainingLoop(engine, updater, plan, options, seed, validation: null, watcher).Run();
        return new TrainedNetwork(network, engine.Weights.ToArray(), history);
    }

    // Dropout draws random numbers at every step, and a normalisation keeps statistics.
    private static Network WithDropout(TorchMlpOptions options)
    {
        int units = options.HiddenLayers[0];
        return new Network(
        [
            new Dense("layers.0", MadeUp.Columns, units),
            new BatchNorm("norm", units),
            new Activation("layers.0.activation", units, ActivationFunction.Relu),
            new Dropout("dropout", units, 0.2f),
            new Dense("output", units, 1),
        ]);
    }
}
