using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.Trainers.Torch.Checkpoints;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Training;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Trainers.Tests.Training;

/// <summary>A resumed run ends with the bits of the run that was not interrupted. The oracle is that run.</summary>
[TestClass]
public sealed class ResumeTests
{
    private const int Rows = 30;

    private readonly string folder = Directory.CreateTempSubdirectory("mlnetlr-resume-").FullName;

    [TestCleanup]
    public void RemoveFolder() => Directory.Delete(folder, recursive: true);

    // 30 rows in batches of 5, two batches a step: three steps an epoch, 24 in 8 epochs.
    private static TorchMlpOptions Options() => new()
    {
        HiddenLayers = [7], BatchSize = 5, GradientAccumulation = 2, NumberOfEpochs = 8,
        Optimizer = Optimizers.AdamW(0.03), Schedule = LrSchedule.Warmup(2.Epochs()).Cosine(6.Epochs()),
    };

    public static IEnumerable<object[]> Features()
    {
        yield return Case("plain", _ => { });
        yield return Case("nesterov", options => options.Optimizer = Optimizers.Sgd(0.05, momentum: 0.9, nesterov: true));
        yield return Case("exponential average", options => options.Optimizer = options.Optimizer with { Averaging = WeightAveraging.Exponential(0.9) });
        yield return Case("stochastic average", options => options.Optimizer = options.Optimizer with { Averaging = WeightAveraging.Stochastic(12, 3) });
        yield return Case("plateau", options => options.Plateau = new ReduceOnPlateau { Patience = 0, Factor = 0.5, Threshold = 0.5 });
        yield return Case("early stopping", options => options.EarlyStopping = new EarlyStopping { Patience = 2, MinimumDelta = 0.2 });
        yield return Case("in order", options => options.Shuffle = false);
        yield return Case("groups", options => options.ParameterGroups = [new ParameterGroup("layers.0.*") { LearningRate = 0.01, Schedule = LrSchedule.Constant }, ParameterGroup.NoDecay]);
        yield return Case("scheduled decay", options => options.Optimizer = Optimizers.AdamW(0.03) with { WeightDecay = new ScheduledValue(0.1, LrSchedule.Linear(8.Epochs(), to: 0)) });
        yield return Case("part of an epoch", options => (options.NumberOfEpochs, options.Schedule) = (23.0 / 3, LrSchedule.Constant));

        static object[] Case(string name, Action<TorchMlpOptions> change) => [name, change];
    }

    [TestMethod]
    [DynamicData(nameof(Features))]
    public void Resume_AtEveryStep_EndsWithTheSameBits(string name, Action<TorchMlpOptions> change)
    {
        TorchMlpOptions options = Options();
        change(options);
        TrainedNetwork whole = Train(options);

        options.Checkpoints = new CheckpointOptions { Folder = folder, EverySteps = 1, KeepLast = 100 };
        TrainedNetwork watched = Train(options);
        watched.Weights.Should().Equal(whole.Weights, "writing checkpoints changes nothing");

        options.Checkpoints = null;
        IReadOnlyList<string> files = CheckpointFolder.Files(folder);
        files.Count.Should().Be((int)whole.History.Epochs[^1].Steps, name);
        foreach (string file in files)
        {
            options.ResumeFrom = file;
            TrainedNetwork resumed = Train(options);
            resumed.Weights.Should().Equal(whole.Weights, "{0} from {1}", name, Path.GetFileName(file));
            resumed.History.BestEpoch.Should().Be(whole.History.BestEpoch);
            resumed.History.Epochs.Select(epoch => (epoch.Epoch, epoch.Steps, epoch.TrainingLoss, epoch.ValidationLoss, epoch.GradientNorm))
                .Should().Equal(whole.History.Epochs.Select(epoch => (epoch.Epoch, epoch.Steps, epoch.TrainingLoss, epoch.ValidationLoss, epoch.GradientNorm)));
            resumed.History.Samples.Select(sample => (sample.Step, sample.Loss)).Should().Equal(whole.History.Samples.Select(sample => (sample.Step, sample.Loss)));
        }
    }

    public static IEnumerable<object[]> Differences()
    {
        yield return Case("optimizer", options => options.Optimizer = Optimizers.Adam(0.03));
        yield return Case("optimizer", options => options.Optimizer = Optimizers.AdamW(0.031));
        yield return Case("schedule", options => options.Schedule = LrSchedule.Warmup(2.Epochs()).Linear(6.Epochs(), to: 0));
        yield return Case("epochs", options => (options.NumberOfEpochs, options.Schedule) = (9, options.Schedule));
        yield return Case("network", options => options.HiddenLayers = [8]);
        yield return Case("network", options => options.Activation = ActivationFunction.Tanh);
        yield return Case("loss", options => options.Loss = new AbsoluteError());
        yield return Case("batches", options => options.GradientAccumulation = 1);
        yield return Case("batches", options => options.Shuffle = false);
        yield return Case("batches", options => options.Seed = 2);
        yield return Case("parameter groups", options => options.ParameterGroups = [ParameterGroup.NoDecay]);
        yield return Case("plateau", options => options.Plateau = new ReduceOnPlateau());
        yield return Case("precision", options => options.MatrixPrecision = MatrixPrecision.BFloat16);
        yield return Case("data", options => options.FeatureColumnName = "other rows");

        static object[] Case(string what, Action<TorchMlpOptions> change) => [what, change];
    }

    [TestMethod]
    [DynamicData(nameof(Differences))]
    public void Resume_AnotherRun_NamesTheFirstDifference(string what, Action<TorchMlpOptions> change)
    {
        TorchMlpOptions options = Options();
        options.Checkpoints = new CheckpointOptions { Folder = folder, EveryEpochs = 4 };
        Train(options);
        options.Checkpoints = null;
        options.ResumeFrom = folder;
        change(options);
        FluentActions.Invoking(() => Train(options)).Should().Throw<CheckpointMismatchException>().Which.What.Should().Be(what);
    }

    [TestMethod]
    public void ResumeWithDecay_FromTheStablePhase_EqualsTheRunFromScratch()
    {
        TorchMlpOptions trunk = Options();
        trunk.Schedule = LrSchedule.Warmup(1.Epochs()).Hold();
        trunk.Checkpoints = new CheckpointOptions { Folder = folder, EverySteps = 1, KeepLast = 100 };
        Train(trunk);
        foreach (int at in new[] { 3, 5, 12, 20 })
        {
            TorchMlpOptions branch = Options();
            branch.Schedule = trunk.Schedule;
            branch.ResumeFrom = CheckpointFolder.Files(folder).Single(file => CheckpointFile.Peek(file)!.Value.Step == at);
            branch.ResumeWithDecay = LrSchedule.Linear(2.Epochs(), to: 0);

            TorchMlpOptions scratch = Options();
            scratch.Schedule = at == 3 ? LrSchedule.Warmup(1.Epochs()).Linear(2.Epochs(), to: 0) : LrSchedule.Warmup(1.Epochs()).Hold((at - 3).Steps()).Linear(2.Epochs(), to: 0);
            scratch.NumberOfEpochs = at / 3.0 + 2;
            Train(branch).Weights.Should().Equal(Train(scratch).Weights, "branched at {0}", at);
        }
    }

    [TestMethod]
    public void ResumeWithSameRates_LongerStablePhase_EqualsTheLongerRun()
    {
        TorchMlpOptions options = Options();
        options.Schedule = LrSchedule.Warmup(1.Epochs()).Hold();
        options.Checkpoints = new CheckpointOptions { Folder = folder, EveryEpochs = 1 };
        Train(options);
        options.Checkpoints = null;
        options.NumberOfEpochs = 12;
        TrainedNetwork whole = Train(options);
        (options.ResumeFrom, options.ResumeMode) = (folder, ResumeMode.SameRates);
        Train(options).Weights.Should().Equal(whole.Weights);
    }

    [TestMethod]
    public void ResumeWithSameRates_AfterTheDecayBegan_IsRefused()
    {
        TorchMlpOptions options = Options();
        options.Checkpoints = new CheckpointOptions { Folder = folder, EveryEpochs = 4 };
        Train(options);
        options.Checkpoints = null;
        (options.ResumeFrom, options.ResumeMode) = (folder, ResumeMode.SameRates);
        (options.NumberOfEpochs, options.Schedule) = (10, LrSchedule.Warmup(2.Epochs()).Cosine(8.Epochs()));
        FluentActions.Invoking(() => Train(options)).Should().Throw<CheckpointMismatchException>().WithMessage("*stable phase*");
    }

    [TestMethod]
    public void ResumeFrom_NothingThere_SaysSo()
    {
        TorchMlpOptions options = Options();
        options.ResumeFrom = Path.Combine(folder, "nowhere");
        FluentActions.Invoking(() => Train(options)).Should().Throw<FileNotFoundException>().WithMessage("*ResumeFrom*");
    }

    private static TrainedNetwork Train(TorchMlpOptions options)
    {
        TrainingData data = Data(Rows, options.FeatureColumnName == "Features" ? 1 : 2);
        return TrainedNetwork.Train(options.BuildNetwork(3, 1), options.Loss ?? new SquaredError(), data, Data(12, 3), options, Device.Cpu, (ulong)(options.Seed ?? 1), null,
            new RunWatcher(default, () => { }, [], _ => { }));
    }

    private static TrainingData Data(int rows, int seed)
    {
        var random = new Random(seed);
        Memory<float> features = AlignedMemory.Allocate<float>(rows * 3), labels = AlignedMemory.Allocate<float>(rows);
        for (int row = 0; row < rows; row++)
        {
            Span<float> x = features.Span.Slice(row * 3, 3);
            for (int i = 0; i < 3; i++) x[i] = (float)(2 * random.NextDouble() - 1);
            labels.Span[row] = x[0] * x[1] + x[2];
        }
        return new TrainingData(rows, 3, features, labels, default);
    }
}
