using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Safetensors;
using Microsoft.ML.NeuralNetworks.Serialization;
using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.Trainers.Torch.Checkpoints;
using Microsoft.ML.Trainers.Torch.Engines;
using Microsoft.ML.Trainers.Torch.Training;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using TorchSharp;
using Trainers.Tests.Engines.Torch;

namespace Trainers.Tests.Estimators;

/// <summary>A user's module by the verbs, as a user calls them.</summary>
[TestClass]
public sealed class TorchModuleTests
{
    private readonly MLContext context = new(seed: 1);
    private readonly string folder = Directory.CreateTempSubdirectory("mlnetlr-module-").FullName;

    [TestCleanup]
    public void RemoveFolder() => Directory.Delete(folder, recursive: true);

    [TestMethod]
    public void Fit_EveryTask_Learns()
    {
        IDataView curved = context.View(Samples.Curved()), exclusive = context.View(Samples.Exclusive()), largest = context.View(Samples.Largest());
        Optimizer optimizer = Optimizers.AdamW(0.01);
        var regression = context.Regression.Trainers.TorchModule("m", () => new Perceptron(32), optimizer: optimizer, numberOfEpochs: 25, batchSize: 32).Fit(curved);
        context.Regression.Evaluate(regression.Transform(curved)).RSquared.Should().BeGreaterThan(0.9);
        var binary = context.BinaryClassification.Trainers.TorchModule("m", () => new Perceptron(32), optimizer: optimizer, numberOfEpochs: 25, batchSize: 32).Fit(exclusive);
        context.BinaryClassification.Evaluate(binary.Transform(exclusive)).AreaUnderRocCurve.Should().BeGreaterThan(0.97);
        var multiclass = context.Transforms.Conversion.MapValueToKey("Label")
            .Append(context.MulticlassClassification.Trainers.TorchModule("m", () => new TwoTowers(3), optimizer: optimizer, numberOfEpochs: 15, batchSize: 32)).Fit(largest);
        context.MulticlassClassification.Evaluate(multiclass.Transform(largest)).MicroAccuracy.Should().BeGreaterThan(0.85);
        var quantiles = context.Regression.Trainers.TorchModuleVector(Options("m", () => new TwoTowers(3), o => (o.Loss, o.NumberOfEpochs) = (new QuantileLoss(0.1, 0.5, 0.9), 2))).Fit(curved);
        quantiles.Transform(curved).GetColumn<float[]>("Score").Should().OnlyContain(row => row.Length == 3 && row[0] <= row[1] && row[1] <= row[2]);
    }

    [TestMethod]
    public void Fit_ModuleThatIsAMultilayerPerceptron_EqualsTorchMlp()
    {
        IDataView data = context.View(Samples.Curved(320));
        void Same(TrainingOptions options) =>
            (options.Optimizer, options.Schedule, options.NumberOfEpochs, options.BatchSize, options.Seed) =
            (Optimizers.AdamW(3e-3, weightDecay: 0.01), LrSchedule.Warmup(5.Steps()).Cosine(TrainingSpan.Rest), 5, 32, 7);
        var mlp = new TorchMlpOptions { HiddenLayers = [16] };
        Network network = mlp.BuildNetwork(3, 1);
        var first = new float[network.Layout.Length];
        Initializer.Fill(network, first, seed: 7);
        Dictionary<string, string> names = new() { ["hidden.weight"] = "layers.0.weight", ["hidden.bias"] = "layers.0.bias" };
        var own = new TorchModuleOptions("m", () => new Perceptron(16, (name, parameter) =>
        {
            ParameterSlot slot = network.Layout[names.GetValueOrDefault(name, name)];
            using torch.Tensor start = torch.tensor(slot.In(first.AsSpan()).ToArray()).reshape([.. slot.Spec.Shape.Select(size => (long)size)]);
            parameter.copy_(slot.Spec.Shape.Length == 2 ? start.t() : start);
        }));
        Same(mlp);
        Same(own);

        var expected = context.Regression.Trainers.TorchMlp(mlp).Fit(data);
        var model = context.Regression.Trainers.TorchModule(own).Fit(data);
        model.Model.History!.Epochs.Select(epoch => epoch.LearningRates[0]).Should().Equal(expected.Model.History!.Epochs.Select(epoch => epoch.LearningRates[0]));
        float[] got = [.. model.Transform(data).GetColumn<float>("Score")], wanted = [.. expected.Transform(data).GetColumn<float>("Score")];
        double distance = Math.Sqrt(got.Zip(wanted, (a, b) => Math.Pow(a - b, 2)).Sum() / wanted.Sum(b => (double)b * b));
        distance.Should().BeLessThan(1e-5, "50 steps from the same weights over the same batches");
    }

    [TestMethod]
    public void Fit_Groups_TrainAtTheirOwnRates()
    {
        IDataView data = context.View(Samples.Curved(100));
        TorchModuleOptions options = Options("m", () => new TwoTowers(), o =>
        {
            o.Optimizer = Optimizers.Sgd(1e-4, momentum: 0.9);
            o.Schedule = LrSchedule.Constant;
            o.ParameterGroups = [new ParameterGroup("vision.*") { LearningRate = 1e-2 }, new ParameterGroup("text.*") { LearningRate = 0 }];
        });
        var model = context.Regression.Trainers.TorchModule(options).Fit(data).Model;
        model.History!.Groups.Should().BeEquivalentTo("vision.*", "text.*", "default");
        model.History.Epochs[0].LearningRates.Should().BeEquivalentTo([1e-2, 0, 1e-4]);
        options.NumberOfEpochs = 1;
        var another = context.Regression.Trainers.TorchModule(options).Fit(data).Model;
        another.Network.Parameter("text.0.weight").ToArray().Should().Equal(model.Network.Parameter("text.0.weight").ToArray(), "a rate of 0 freezes");
        another.Network.Parameter("vision.0.weight").ToArray().Should().NotEqual(model.Network.Parameter("vision.0.weight").ToArray());
        ParameterRole Role(string name) => model.Network.Network.Layout[name].Spec.Role;
        (Role("vision.1.weight"), Role("text.1.bias"), Role("head.bias"), Role("head.weight"), Role("vision.1.running_var")).Should()
            .Be((ParameterRole.Norm, ParameterRole.Norm, ParameterRole.Bias, ParameterRole.Weight, ParameterRole.Buffer));
    }

    [TestMethod]
    public void Fit_TwiceAndConcurrently_SameBits()
    {
        IDataView data = context.View(Samples.Curved(100));
        float[] Weights(int seed) => new MLContext(seed: 9).Regression.Trainers.TorchModule(Options("m", () => new TwoTowers(), o => o.Seed = seed)).Fit(data).Model.Network.Weights().ToArray();
        float[] first = Weights(1), second = Weights(2);
        first.Should().NotEqual(second);
        var together = new float[6][];
        Parallel.For(0, together.Length, i => together[i] = Weights(1 + i % 2));
        for (int i = 0; i < together.Length; i++) together[i].Should().Equal(i % 2 == 0 ? first : second);
    }

    [TestMethod]
    public void Resume_AtEveryStep_EndsWithTheSameBits()
    {
        IDataView train = context.View(Samples.Curved(30)), validation = context.View(Samples.Linear(12));
        // 30 rows in batches of 5, two batches a step: three steps an epoch, 24 in 8 epochs.
        TorchModuleOptions options = Options("m", () => new TwoTowers(), o =>
        {
            (o.BatchSize, o.GradientAccumulation, o.NumberOfEpochs) = (5, 2, 8);
            o.GradientClipping = new GradientClipping { Norm = 1 };
            o.Optimizer = Optimizers.AdamW(0.03) with { Averaging = WeightAveraging.Exponential(0.9) };
            o.EarlyStopping = new EarlyStopping { Patience = 5 };
            o.Plateau = new ReduceOnPlateau { Patience = 0, Factor = 0.5, Threshold = 0.5 };
            o.DropoutSchedule = LrSchedule.Linear(8.Epochs(), to: 0);
        });
        float[] Train() => context.Regression.Trainers.TorchModule(options).Fit(train, validation).Model.Network.Weights().ToArray();
        float[] whole = Train();
        options.Checkpoints = new CheckpointOptions { Folder = folder, EverySteps = 1, KeepLast = 100 };
        Train().Should().Equal(whole, "writing checkpoints changes nothing");
        options.Checkpoints = null;
        IReadOnlyList<string> files = CheckpointFolder.Files(folder);
        files.Count.Should().BeGreaterThan(12);
        foreach (string file in files)
        {
            options.ResumeFrom = file;
            Train().Should().Equal(whole, "from {0}", Path.GetFileName(file));
        }
        options.ResumeFrom = files[0];
        options = Options("m", () => new TwoTowers(), o => (o.BatchSize, o.GradientAccumulation, o.ResumeFrom) = (5, 2, files[0]));
        FluentActions.Invoking(Train).Should().Throw<CheckpointMismatchException>();
    }

    [TestMethod]
    public void Fit_FromAFittedModel_GoesOnWithItsWeightsAndStatistics()
    {
        IDataView data = context.View(Samples.Curved(100));
        TorchModuleOptions options = Options("m", () => new TwoTowers());
        var first = context.Regression.Trainers.TorchModule(options).Fit(data);
        options.Optimizer = Optimizers.Sgd(0);
        var same = context.Regression.Trainers.TorchModule(options).Fit(data, first.Model).Model.Network;
        same.Parameter("head.weight").ToArray().Should().Equal(first.Model.Network.Parameter("head.weight").ToArray());
        same.Parameter("vision.1.running_mean").ToArray().Should().NotEqual(first.Model.Network.Parameter("vision.1.running_mean").ToArray(), "statistics go on without a rate");
        var other = context.Regression.Trainers.TorchModule(Options("m", () => new Perceptron()));
        FluentActions.Invoking(() => other.Fit(data, first.Model)).Should().Throw<ArgumentException>();
    }

    [TestMethod]
    public void FindLearningRate_Module_GivesACurve()
    {
        RangeTestResult found = context.Regression.Trainers.TorchModule(Options("m", () => new Perceptron())).FindLearningRate(context.View(Samples.Curved(200)));
        found.Valley.Should().BeInRange(1e-5, 1);
    }

    [TestMethod]
    public void SaveAndLoad_RegisteredCode_PredictsTheSameBits()
    {
        IDataView data = context.View(Samples.Curved(100));
        var model = context.Regression.Trainers.TorchModule(Options("saved", () => new TwoTowers())).Fit(data);
        float[] expected = [.. model.Transform(data).GetColumn<float>("Score")];
        string path = Path.Combine(folder, "model.zip");
        context.Model.Save(model, data.Schema, path);

        Innermost(() => new MLContext().Model.Load(path, out _)).Should().Be(
            "The module 'saved' must be registered before a model that uses it is loaded but is not. Call TorchModules.Register(\"saved\", () => new ...) of Microsoft.ML.Trainers.Torch first.");
        TorchModules.Register("saved", () => new Perceptron());
        Innermost(() => new MLContext().Model.Load(path, out _)).Should().StartWith("The module 'saved' must have the parameter 'temperature' of F32 [1] but has no tensor of that name.");
        TorchModules.Register("saved", () => new TwoTowers(2));
        Innermost(() => new MLContext().Model.Load(path, out _)).Should().Be(
            "The module 'saved' must have the parameter 'head.weight' of F32 [1, 10] but has the parameter 'head.weight' of F32 [2, 10]. Register the code that the model was trained with.");

        TorchModules.Register("saved", () => new TwoTowers());
        ITransformer loaded = new MLContext().Model.Load(path, out _);
        loaded.Transform(data).GetColumn<float>("Score").Should().Equal(expected);
        var engine = context.Model.CreatePredictionEngine<Samples.RegressionRow, Prediction>(loaded);
        engine.Predict(new Samples.RegressionRow { Features = Samples.Curved(1)[0].Features }).Score.Should().Be(expected[0]);
        context.Regression.PermutationFeatureImportance(model, data).Should().HaveCount(3);
    }

    [TestMethod]
    public void Load_ModelOfAnEarlierVersion_PredictsWhatItDid()
    {
        TorchModules.Register("v1-own-module", () => new TwoTowers());
        ITransformer model = context.Model.Load(Path.Combine(AppContext.BaseDirectory, "Estimators", "Golden", "v1-own-module.zip"), out _);
        float[] scores = [.. model.Transform(context.View(Samples.Curved(6))).GetColumn<float>("Score")];
        float[] expected = [0.4479031f, 0.39437068f, 0.4565395f, 0.4295852f, 0.34391373f, 0.4424487f];
        scores.Zip(expected, (score, was) => Math.Abs(score - was)).Should().OnlyContain(difference => difference < 1e-5f, string.Join(", ", scores));
    }

    [TestMethod]
    public void Model_ScoredInBatchesByManyThreadsAndReleased_GivesTheSame()
    {
        IDataView data = context.View(Samples.Curved(300));
        var model = context.Regression.Trainers.TorchModule(Options("m", () => new TwoTowers(), o => o.NumberOfEpochs = 1)).Fit(data);
        float[] rows = [.. model.Transform(data).GetColumn<float>("Score")];
        void Near(IEnumerable<float> scores) => scores.Zip(rows, (a, b) => Math.Abs(a - b)).Max().Should().BeLessThan(1e-5f);
        Near(model.Model.ScoreInBatches(data).GetColumn<float>("Score"));
        Parallel.For(0, 8, i =>
        {
            for (int round = 0; round < 3; round++)
            {
                if (i == 0) ((IDisposable)model.Model).Dispose();
                Near(model.Model.ScoreInBatches(data).GetColumn<float>("Score"));
            }
        });
        model.Dispose();
        Near(model.Transform(data).GetColumn<float>("Score"));
        model.Model.Summary().Should().Contain("vision.1.running_mean").And.Contain("OwnModule");
        FluentActions.Invoking(() => model.Model.Network.SaveOnnx(Path.Combine(folder, "m.onnx"))).Should().Throw<NotSupportedException>();
    }

    [TestMethod]
    public void SaveWeights_Module_KeepsTypesAndShapes()
    {
        IDataView data = context.View(Samples.Curved(60));
        var model = context.Regression.Trainers.TorchModule(Options("m", () => new Bookkeeper(), o => o.NumberOfEpochs = 1)).Fit(data);
        string path = Path.Combine(folder, "weights.safetensors");
        model.Model.Network.SaveWeights(path);
        using SafetensorsReader reader = SafetensorsReader.Open(path);
        Dictionary<string, Tensor> tensors = reader.ReadTensors().ToDictionary(tensor => tensor.Name);
        tensors["passes"].Values<long>()[0].Should().BeGreaterThan(7_000_000);
        tensors["precise"].Values<double>()[0].Should().Be(1.0 / 3);
        tensors["first.weight"].Shape.Should().Equal(3, 3);
        tensors["mask"].Values<byte>().ToArray().Should().Equal(1, 0, 1);
    }

    [TestMethod]
    public void SaveWeights_DenseAndConvolutions_AreAsTorchHasThem()
    {
        var model = context.Regression.Trainers.TorchModule(Options("conv", () => new Convolutional(), o => (o.NumberOfEpochs, o.Optimizer) = (1, Optimizers.Sgd(0)))).Fit(context.View(Samples.Curved(60)));
        string path = Path.Combine(folder, "weights.safetensors");
        model.Model.Network.SaveWeights(path);
        using SafetensorsReader reader = SafetensorsReader.Open(path);
        // Without a rate, the weights are those that every module with the run's seed starts with.
        var again = new ModuleFactory("conv", () => new Convolutional());
        using torch.nn.Module<torch.Tensor, torch.Tensor> first = again.Make(seed: 1);
        Dictionary<string, Tensor> tensors = reader.ReadTensors().ToDictionary(tensor => tensor.Name);
        foreach ((string name, TorchSharp.Modules.Parameter parameter) in first.named_parameters())
        {
            tensors[name].Shape.Should().Equal(parameter.shape);
            tensors[name].Values<float>().ToArray().Should().Equal(parameter.data<float>().ToArray(), name);
        }
        ModuleFile.Read(ModuleFile.Write(model.Model.Network)).Weights().ToArray().Should().Equal(model.Model.Network.Weights().ToArray());
    }

    [TestMethod]
    public void Load_AnyByteChangedOrCutOff_IsRefused()
    {
        var model = context.Regression.Trainers.TorchModule(Options("m", () => new Bookkeeper(), o => o.NumberOfEpochs = 1)).Fit(context.View(Samples.Curved(60)));
        FittedNetwork network = model.Model.Network;
        byte[] file = ModuleFile.Write(network);
        ModuleFile.Read(file).Weights().ToArray().Should().Equal(network.Weights().ToArray());
        for (int i = 0; i < file.Length; i++)
        {
            byte kept = file[i];
            file[i] ^= (byte)(1 << (i % 8));
            FluentActions.Invoking(() => ModuleFile.Read(file)).Should().Throw<InvalidDataException>("byte {0}", i);
            file[i] = kept;
            if (i % 16 == 0) FluentActions.Invoking(() => ModuleFile.Read(file[..i])).Should().Throw<InvalidDataException>("cut off at {0}", i);
        }
    }

    private static string Innermost(Action action)
    {
        Exception error = FluentActions.Invoking(action).Should().Throw<Exception>().Which;
        while (error.InnerException is { } inner) error = inner;
        return error.Message;
    }

    private static TorchModuleOptions Options(string name, Func<torch.nn.Module<torch.Tensor, torch.Tensor>> make, Action<TorchModuleOptions>? change = null)
    {
        var options = new TorchModuleOptions(name, make) { NumberOfEpochs = 3, BatchSize = 10, Optimizer = Optimizers.AdamW(0.01), Seed = 1 };
        change?.Invoke(options);
        return options;
    }

    private sealed class Prediction
    {
        public float Score { get; set; }
    }
}
