using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.Trainers.Torch.Checkpoints;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Tabular;
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
        yield return Case("clipping", options => options.GradientClipping = new GradientClipping { Norm = 0.3 });
        yield return Case("dropout schedule", options => (options.Dropout, options.DropoutSchedule) = (0.4, LrSchedule.Linear(8.Epochs(), to: 0)));
        yield return Case("batch norm", options => options.Normalization = Normalization.Batch);
        yield return Case("metrics", options => (options.TrainingMetrics, options.EarlyStopping) = (true, new EarlyStopping { Metric = Metric.RSquared, Patience = 3, MinimumDelta = 0.001 }));
        yield return Case("reported metric", options =>
        {
            options.EarlyStopping = new EarlyStopping { Metric = new Metric("distance", HigherIsBetter: false), Patience = 2 };
            options.StopWhen = now => { now.Report("distance", Math.Abs(now.Epoch - 4)); return false; };
        });
        yield return Case("front", options => Front(options));
        yield return Case("everything", options =>
        {
            Front(options);
            (options.HiddenLayers, options.Residual, options.Normalization, options.Activation, options.ParametricActivation) = ([7, 7], true, Normalization.Batch, ActivationFunction.Mish, true);
            (options.Dropout, options.DropoutSchedule, options.GradientClipping) = (0.2, LrSchedule.Hold(0.5.OfRun()).Cosine(), new GradientClipping { Norm = 0.5 });
            options.Optimizer = Optimizers.AdamW(0.03) with { WeightDecay = new ScheduledValue(0.1, LrSchedule.Linear(8.Epochs(), to: 0)), Averaging = WeightAveraging.Exponential(0.8) };
            options.ParameterGroups = [new ParameterGroup("encoding.*") { LearningRateMultiplier = 0.1 }, new ParameterGroup("layers.0.*") { LearningRate = 0.01, Schedule = LrSchedule.Constant }];
            (options.Plateau, options.TrainingMetrics) = (new ReduceOnPlateau { Patience = 0, Factor = 0.7, Threshold = 0.1 }, true);
            options.EarlyStopping = new EarlyStopping { Metric = Metric.MeanAbsoluteError, Patience = 6 };
            options.StopWhen = now => { now.Report("epoch", now.Epoch); return false; };
        });
        yield return Case("part of an epoch", options => (options.NumberOfEpochs, options.Schedule) = (23.0 / 3, LrSchedule.Constant));

        static object[] Case(string name, Action<TorchMlpOptions> change) => [name, change];

        static void Front(TorchMlpOptions options)
        {
            (options.MissingValues, options.PeriodicFrequencies, options.PiecewiseLinearBins) = (MissingValueHandling.ImputeAndIndicate, 3, 4);
            (options.CategoricalColumns, options.Initialization) = (["town"], WeightInitialization.DataDriven);
        }
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
            resumed.History.Epochs.Select(epoch => Text(epoch.ValidationMetrics) + Text(epoch.TrainingMetrics)).Should().Equal(whole.History.Epochs.Select(epoch => Text(epoch.ValidationMetrics) + Text(epoch.TrainingMetrics)));
            resumed.History.Samples.Select(sample => (sample.Step, sample.Loss)).Should().Equal(whole.History.Samples.Select(sample => (sample.Step, sample.Loss)));
        }
    }

    private static string Text(IEnumerable<KeyValuePair<string, double>> metrics) => string.Join(" ", metrics.Select(metric => $"{metric.Key}={metric.Value:R}"));

    public static IEnumerable<object[]> Differences()
    {
        yield return Case("early stopping", options => options.EarlyStopping = new EarlyStopping { Metric = Metric.RSquared });
        yield return Case("network", options => options.ParametricActivation = true);
        yield return Case("network", options => options.InputScaling = InputScaling.Standard);
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
        TrainingData data = Data(Rows, options.FeatureColumnName == "Features" ? 1 : 2), validation = Data(12, 3);
        Network network = options.BuildNetwork(3, 1);
        float[]? first = null;
        ulong seed = (ulong)(options.Seed ?? 1);
        if (options.HasFront)
        {
            bool hasTown = options.CategoricalColumns.Count > 0;
            if (hasTown) (data, validation) = (WithTownsAndGaps(data), WithTownsAndGaps(validation));
            var front = new TabularEncoding(data, hasTown ? new HashSet<int> { 1 } : [], options, () => { });
            network = new Network([.. front.Layers, .. options.BuildNetwork(front.Outputs, 1).Layers]);
            first = FirstWeights.Of(network, front, data, options.Initialization, seed);
        }
        ModelMetrics? metrics = ModelMetrics.Of(LearningTask.Regression, new LinearOutput(), 1, 1, hasProbability: false);
        return TrainedNetwork.Train(network, options.Loss ?? new SquaredError(), data, validation, options, Device.Cpu, seed, first, new RunWatcher(default, () => { }, [], _ => { }), metrics);
    }

    private static TrainingData WithTownsAndGaps(TrainingData data)
    {
        for (int row = 0; row < data.Rows; row++)
        {
            data.Features.Span[row * 3 + 1] = row % 7 == 0 ? float.NaN : 1 + row % 4;
            if (row % 5 == 1) data.Features.Span[row * 3 + 2] = float.NaN;
        }
        return data;
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
