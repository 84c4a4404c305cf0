using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch.Checkpoints;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Engines;
using Microsoft.ML.Trainers.Torch.Engines.Cpu;
using Microsoft.ML.Trainers.Torch.Engines.Scripted;
using Microsoft.ML.Trainers.Torch.Tests.Engines.Cpu;
using Microsoft.ML.Trainers.Torch.Training;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using static Microsoft.ML.Trainers.Torch.Optimizers;

namespace Microsoft.ML.Trainers.Torch.Tests.Engines.Torch;

/// <summary>
/// Runs of the engine for other devices, with the CPU as that device: weights, gradients and the optimizer's state have memory of their
/// own there and rules are scripts. The oracle is the managed engine with the managed updater.
/// </summary>
[TestClass]
public sealed class DeviceRunTests
{
    private static readonly TrainingData Data = Cases.Data(60, 5), Held = Cases.Data(20, 5, seed: 8);

    private readonly string folder = Directory.CreateTempSubdirectory("mlnetlr-device-").FullName;

    [TestCleanup]
    public void RemoveFolder() => Directory.Delete(folder, recursive: true);

    // 60 rows in batches of 12: five steps an epoch, 50 in ten epochs; groups with two rates and two decays.
    private static TorchMlpOptions Options(Optimizer optimizer) => new()
    {
        BatchSize = 12, NumberOfEpochs = 10, Optimizer = optimizer, Schedule = LrSchedule.Warmup(1.Epochs()).Cosine(to: 0.1),
        ParameterGroups = [new ParameterGroup("layers.0.*") { LearningRateMultiplier = 0.5 }, ParameterGroup.NoDecay],
    };

    private static Network Network() => new(
    [
        new BatchNorm("norm", 5), new Dense("layers.0", 5, 9), new Activation("tanh", 9, ActivationFunction.Tanh), new Dropout("dropout", 9, 0.1f), new Dense("head", 9, 1),
    ]);

    [TestMethod]
    [DataRow("sgd(0.05, momentum=0.9, nesterov=true, wd=0.01)")]
    [DataRow("adamw(0.01, wd=0.1)")]
    [DataRow("schedulefreeadamw(0.02)")]
    public void Run_OnADevice_EqualsTheManagedRun(string optimizer) => RunsAgree(optimizer);

    [TestMethod]
    [TestCategory("Slow")]
    [DataRow("lamb(0.01)")]
    [DataRow("adam(0.01, amsGrad=true)")]
    [DataRow("nadam(0.01)")]
    [DataRow("radam(0.01)")]
    [DataRow("rmsprop(0.005, centered=true, momentum=0.5)")]
    [DataRow("adan(0.01, wd=0.02)")]
    [DataRow("adamw(0.01, averaging=ema(0.9))")]
    [DataRow("sgd(0.05, averaging=swa(start=20, every=5))")]
    [DataRow("prodigy")]
    [DataRow("adafactor(0.01)")]
    [DataRow("muon(0.01)")]
    public void Run_OnADeviceOtherOptimizers_EqualsTheManagedRun(string optimizer) => RunsAgree(optimizer);

    private static void RunsAgree(string optimizer)
    {
        TorchMlpOptions options = Options(Optimizer.Parse(optimizer));
        options.GradientClipping = new GradientClipping { Norm = 0.5 };

        TrainedNetwork managed = Managed(options), device = OnDevice(options);

        Distance(managed.Weights, device.Weights).Should().BeLessThan(1e-5);
        for (int epoch = 0; epoch < 10; epoch++)
        {
            device.History.Epochs[epoch].TrainingLoss.Should().BeApproximately(managed.History.Epochs[epoch].TrainingLoss, 1e-5);
            device.History.Epochs[epoch].ValidationLoss.Should().BeApproximately(managed.History.Epochs[epoch].ValidationLoss, 1e-5);
            device.History.Epochs[epoch].GradientNorm.Should().BeApproximately(managed.History.Epochs[epoch].GradientNorm, 1e-4);
        }
    }

    [TestMethod]
    [TestCategory("Slow")]
    public void Run_ClosureOptimizer_EqualsTheManagedRun()
    {
        TorchMlpOptions options = Options(LBfgs(0.5, iterations: 3));
        (options.ParameterGroups, options.BatchSize, options.NumberOfEpochs) = ([], 60, 8);

        Distance(Managed(options).Weights, OnDevice(options).Weights).Should().BeLessThan(1e-3, "the curvature multiplies roundings");
    }

    [TestMethod]
    public void Resume_OnADevice_EndsWithTheSameBits() => Resumes("nadam(0.01, averaging=ema(0.9))", 5);

    [TestMethod]
    [TestCategory("Slow")]
    [DataRow("adamw(0.01, wd=0.1)")]
    [DataRow("nadam(0.01, averaging=ema(0.9))")]
    [DataRow("schedulefreesgd(0.05)")]
    [DataRow("prodigy")]
    [DataRow("lamb(0.01)")]
    public void Resume_OnADeviceAtEveryStep_EndsWithTheSameBits(string optimizer) => Resumes(optimizer, 1);

    private void Resumes(string optimizer, int every)
    {
        TorchMlpOptions options = Options(Optimizer.Parse(optimizer));
        (options.NumberOfEpochs, options.GradientAccumulation) = (4, 2);
        options.Plateau = new ReduceOnPlateau { Patience = 0, Factor = 0.5, Threshold = 0.1 };
        options.EarlyStopping = new EarlyStopping { Patience = 50 };
        TrainedNetwork whole = OnDevice(options);

        options.Checkpoints = new CheckpointOptions { Folder = folder, EverySteps = 1, KeepLast = 100 };
        OnDevice(options).Weights.Should().Equal(whole.Weights, "writing checkpoints changes nothing");
        options.Checkpoints = null;
        IReadOnlyList<string> files = CheckpointFolder.Files(folder);

        files.Should().HaveCount(12);
        foreach (string file in files.Where((_, i) => i % every == 0))
        {
            options.ResumeFrom = file;
            TrainedNetwork resumed = OnDevice(options);
            resumed.Weights.Should().Equal(whole.Weights, "from {0}", Path.GetFileName(file));
            resumed.History.Epochs.Select(epoch => (epoch.TrainingLoss, epoch.ValidationLoss)).Should().Equal(whole.History.Epochs.Select(epoch => (epoch.TrainingLoss, epoch.ValidationLoss)));
        }
    }

    [TestMethod]
    public void Step_SeveralGroups_IsOneCall()
    {
        using TorchEngine engine = Cases.WithWeights(new TorchEngine(Network(), new SquaredError(), Data, seed: 4, Device.Cpu, threads: 1, mirrored: true));
        TorchMlpOptions options = Options(AdamW(0.01));
        var updater = (ScriptedUpdater)engine.MakeUpdater(options.Optimizer, options.ParameterGroups, options.Schedule, options.PlanFor(60));

        for (int step = 0; step < 7; step++) updater.Step(step);

        updater.GroupNames.Should().HaveCountGreaterThan(2);
        updater.Calls.Should().Be(7);
        updater.Programs.Should().Be(1);
    }

    [TestMethod]
    public void ForwardBackward_DeferredLoss_AddsUpOnTheDevice()
    {
        using TorchEngine engine = Cases.WithWeights(new TorchEngine(Network(), new SquaredError(), Data, seed: 4, Device.Cpu, threads: 1, mirrored: true));
        engine.Send();
        int[] order = [.. Enumerable.Range(0, 60).Reverse()];
        engine.UseOrder(order);
        var settings = new StepSettings(3);
        double first = engine.ForwardBackward(order.AsSpan(10, 8), 0.25, accumulate: false, settings);
        double second = engine.ForwardBackward([49, 48, 47], 0.5, accumulate: false, settings);

        engine.LossSum = 10;
        engine.ForwardBackward(order.AsSpan(10, 8), 0.25, accumulate: false, settings with { DeferLoss = true }).Should().Be(0);
        engine.ForwardBackward([49, 48, 47], 0.5, accumulate: false, settings with { DeferLoss = true }).Should().Be(0);

        engine.LossSum.Should().BeApproximately(10 + first / 0.25 + second / 0.5, 1e-5);
    }

    [TestMethod]
    public void ForwardBackward_SliceOfTheOrder_IsThoseRows()
    {
        using TorchEngine engine = Cases.WithWeights(new TorchEngine(Network(), new SquaredError(), Data, seed: 4, Device.Cpu, threads: 1, mirrored: true));
        engine.Send();
        int[] order = [.. Enumerable.Range(0, 60).Reverse()];
        double given = engine.ForwardBackward(order.AsSpan(10, 8), 1, accumulate: false, new StepSettings(3));
        engine.UseOrder(order);
        // What the device holds counts, not what has become of the memory since.
        int[] slice = order[10..18];
        Array.Clear(order);

        engine.ForwardBackward(order.AsSpan(10, 8), 1, accumulate: false, new StepSettings(3)).Should().Be(given);
        engine.ForwardBackward(slice, 1, accumulate: false, new StepSettings(3)).Should().Be(given);
    }

    private static TrainedNetwork Managed(TorchMlpOptions options)
    {
        using var engine = new CpuEngine(Network(), new SquaredError(), Data, seed: 4, threads: 1);
        return Train(engine, options);
    }

    private static TrainedNetwork OnDevice(TorchMlpOptions options)
    {
        using var engine = new TorchEngine(Network(), new SquaredError(), Data, seed: 4, Device.Cpu, threads: 1, mirrored: true);
        return Train(engine, options);
    }

    private static TrainedNetwork Train(Engine engine, TorchMlpOptions options) =>
        TrainedNetwork.Train(engine, Held, options, seed: 4, firstWeights: null, new RunWatcher(default, () => { }, [], _ => { }));

    private static double Distance(float[] truth, float[] got) =>
        Math.Sqrt(truth.Zip(got, (a, b) => Math.Pow(a - b, 2)).Sum() / truth.Sum(weight => Math.Pow(weight, 2)));
}
