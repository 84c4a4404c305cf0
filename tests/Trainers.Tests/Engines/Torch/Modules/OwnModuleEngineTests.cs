using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.NeuralNetworks.Scoring;
using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Engines;
using Microsoft.ML.Trainers.Torch.Engines.Cpu;
using Microsoft.ML.Trainers.Torch.Tests.Engines.Cpu;
using Microsoft.ML.Trainers.Torch.Training;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using TorchSharp;
using static TorchSharp.torch;
using Device = Microsoft.ML.Trainers.Torch.Device;

namespace Trainers.Tests.Engines.Torch;

/// <summary>A user's module in the libtorch engine, with its weights in the engine's flat memory.</summary>
[TestClass]
public sealed class OwnModuleEngineTests
{
    private const ulong Seed = 9;

    public static IEnumerable<object[]> Mirrored() => [[false], [true]];

    [TestMethod]
    [DataRow(nameof(TwoTowers), false)]
    [DataRow(nameof(TwoTowers), true)]
    [DataRow(nameof(Convolutional), false)]
    public void ForwardBackward_EveryParameter_HasTheGradientOfFiniteDifferences(string module, bool mirrored)
    {
        using TorchEngine engine = Start(() => module == nameof(TwoTowers) ? new TwoTowers() : new Convolutional(), mirrored: mirrored);
        int[] rows = Cases.Rows(19, engine.Data.Rows);
        Loss(engine, rows);
        engine.Fetch();
        float[] gradient = engine.Gradients.ToArray();
        foreach (ParameterSlot slot in engine.Network.Layout.Where(slot => slot.Spec.IsTrainable))
            for (int i = slot.Offset; i < slot.Offset + slot.Count; i++)
            {
                float weight = engine.Weights.Span[i];
                const float Step = 0.02f;
                double At(int steps)
                {
                    engine.Weights.Span[i] = weight + steps * Step;
                    engine.Send();
                    return Loss(engine, rows);
                }
                double expected = (8 * (At(1) - At(-1)) - (At(2) - At(-2))) / (12 * Step);
                engine.Weights.Span[i] = weight;
                gradient[i].Should().BeApproximately((float)expected, 1e-4f, "{0}[{1}]", slot.Spec.Name, i - slot.Offset);
            }
    }

    [TestMethod]
    public void ForwardBackward_Accumulated_AddsUpToTheWholeBatch()
    {
        using TorchEngine engine = Start(() => new Perceptron());
        int[] rows = Cases.Rows(20, engine.Data.Rows);
        double loss = Loss(engine, rows);
        float[] whole = engine.Gradients.ToArray();
        double half = engine.ForwardBackward(rows.AsSpan(0, 10), 1.0 / 20, accumulate: false, new StepSettings(1));
        half += engine.ForwardBackward(rows.AsSpan(10), 1.0 / 20, accumulate: true, new StepSettings(1, FirstRow: 10));
        half.Should().BeApproximately(loss, 1e-6);
        for (int i = 0; i < whole.Length; i++) engine.Gradients.Span[i].Should().BeApproximately(whole[i], 1e-6f);
    }

    [TestMethod]
    [DataRow("adamw(lr=3e-3, wd=0.01)", false)]
    [DataRow("adamw(lr=3e-3, wd=0.01)", true)]
    [DataRow("adamp(lr=3e-3, wd=0.01)", false)]
    [DataRow("muon(lr=3e-3)", false)]
    public void FiftySteps_ModuleThatIsAMultilayerPerceptron_EndsWithTheWeightsOfTorchMlp(string optimizer, bool mirrored)
    {
        // These treat the weights of each output on their own.
        var clipping = new GradientClipping { Adaptive = 0.05, Centralize = true };
        TrainingData data = Cases.Data(200, 3, weighted: true);
        using TorchEngine own = Start(() => new Perceptron(), data, mirrored);
        Network network = new TorchMlpOptions { HiddenLayers = [16] }.BuildNetwork(3, 1);
        using var built = new CpuEngine(network, new SquaredError(), data, Seed, threads: 1);
        (string, string)[] pairs = [("hidden.weight", "layers.0.weight"), ("hidden.bias", "layers.0.bias"), ("output.weight", "output.weight"), ("output.bias", "output.bias")];
        foreach ((string mine, string theirs) in pairs) own.Network.Layout[mine].In(own.Weights.Span).CopyTo(network.Layout[theirs].In(built.Weights.Span));
        own.Send();

        Train(own, 50, optimizer, clipping);
        Train(built, 50, optimizer, clipping);

        double distance = 0, size = 0;
        foreach ((string mine, string theirs) in pairs)
        {
            float[] trained = own.Network.Layout[mine].In(own.Weights.Span).ToArray(), expected = network.Layout[theirs].In(built.Weights.Span).ToArray();
            for (int i = 0; i < trained.Length; i++) (distance, size) = (distance + Math.Pow(trained[i] - expected[i], 2), size + Math.Pow(expected[i], 2));
        }
        Math.Sqrt(distance / size).Should().BeLessThan(1e-5);
    }

    [TestMethod]
    [DynamicData(nameof(Mirrored))]
    public void Train_BuffersOfEveryType_LieInTheFlatWeightsExactly(bool mirrored)
    {
        using TorchEngine engine = Start(() => new Bookkeeper(), mirrored: mirrored);
        var module = (OwnModule)engine.Network.Layers[0];
        module.Tensors.Select(tensor => (tensor.Name, tensor.Role)).Should().BeEquivalentTo(
        [
            ("first.weight", ParameterRole.Weight), ("first.bias", ParameterRole.Bias), ("output.weight", ParameterRole.Weight), ("output.bias", ParameterRole.Bias),
            ("frozen", ParameterRole.Buffer), ("passes", ParameterRole.Buffer), ("mask", ParameterRole.Buffer), ("precise", ParameterRole.Buffer), ("bytes", ParameterRole.Buffer),
        ]);

        const int Steps = 30;
        Train(engine, Steps);
        BitConverter.ToInt64(Bytes("passes")).Should().Be(7_000_001L * Steps, "an integer beyond 2^24 is kept exactly");
        BitConverter.ToDouble(Bytes("precise")).Should().Be(1.0 / 3);
        Bytes("mask").Should().Equal(1, 0, 1);
        Bytes("bytes").Should().Equal(1, 2, 255);
        engine.Network.Layout["frozen"].In(engine.Weights.Span)[0].Should().Be(0.5f);

        byte[] Bytes(string name) => module.Tensors.Single(tensor => tensor.Name == name).Decode(engine.Network.Layout[name].In(engine.Weights.Span));
    }

    [TestMethod]
    [DynamicData(nameof(Mirrored))]
    public void Train_BatchNorm_KeepsItsStatisticsInTheFlatWeights(bool mirrored)
    {
        using TorchEngine engine = Start(() => new TwoTowers(), mirrored: mirrored);
        float[] before = engine.Network.Layout["vision.1.running_mean"].In(engine.Weights.Span).ToArray();
        Train(engine, 3);
        engine.Network.Layout["vision.1.running_mean"].In(engine.Weights.Span).ToArray().Should().NotEqual(before);

        // Evaluation uses them: with others, it gives others.
        var scores = new float[10];
        engine.Predict(engine.Data, 0, 10, scores);
        var again = new float[10];
        engine.Predict(engine.Data, 0, 10, again);
        again.Should().Equal(scores, "evaluation drops nothing and moves no statistics");
        engine.Network.Layout["vision.1.running_mean"].In(engine.Weights.Span).Fill(3);
        engine.Send();
        engine.Predict(engine.Data, 0, 10, again);
        again.Should().NotEqual(scores);
    }

    [TestMethod]
    public void Train_Dropout_FollowsSeedStepAndRowAndTheScheduleAlone()
    {
        using TorchEngine engine = Start(() => new TwoTowers());
        int[] rows = Cases.Rows(16, engine.Data.Rows);
        double At(long step, int firstRow = 0, double dropout = 1) =>
            engine.ForwardBackward(rows, 1.0 / 16, accumulate: false, new StepSettings(step, firstRow, dropout));
        double loss = At(3);
        At(4).Should().NotBe(loss);
        At(3, firstRow: 16).Should().NotBe(loss);
        At(3, dropout: 0.5).Should().NotBe(loss);
        At(3, dropout: 0).Should().Be(At(4, dropout: 0), "without dropout nothing is drawn");
        At(3).Should().Be(loss);
    }

    [TestMethod]
    public void Fit_GlobalGeneratorAndGradientMode_StayAsTheyWere()
    {
        TorchRuntime.EnsureLoaded();
        // Other tests may draw at the same time: a scope keeps them out.
        using GeneratorScope alone = GeneratorScope.Enter(1, 1, 0, CPU);
        using Tensor before = get_rng_state();
        using IDisposable noGradient = no_grad();
        using (TorchEngine engine = Start(() => new TwoTowers())) Train(engine, 3);
        using Tensor after = get_rng_state();
        after.equal(before).all().item<bool>().Should().BeTrue();
        is_grad_enabled().Should().BeFalse();
    }

    [TestMethod]
    public void Describe_ModulesThatCannotBeTrained_AreErrorsOfOneLine()
    {
        Error(() => new Perceptron(), inputs: 4).Should().StartWith("The module 'm' must take rows of 4 features but failed on one: mat1 and mat2 shapes cannot be multiplied").And.NotContain("\n");
        Error(() => new TwoTowers(2)).Should().Be("The module 'm' must return 1 numbers for each of 1 rows, a tensor [1, 1], but returned [1, 2]. Give its last layer 1 outputs.");
        Error(() => null!).Should().Be("The factory of the module 'm' must return a module but returned null.");
        Error(() => nn.Sequential(nn.ReLU())).Should().Be("The module 'm' must have at least one parameter that requires a gradient but has none. Call RegisterComponents() at the end of its constructor.");
        Error(() => nn.Linear(3, 1, dtype: ScalarType.Float64)).Should().Be("The parameter 'weight' of the module 'm' must be Float32 but was Float64. Make the module in Float32.");
    }

    [TestMethod]
    public void Make_CodeThatChanges_NamesTheFirstDifference()
    {
        int units = 16;
        var factory = new ModuleFactory("m", () => new Perceptron(units));
        OwnModule module = factory.Describe(3, 1);
        var network = new Network([module]);
        units = 17;
        FluentActions.Invoking(() => new TorchEngine(network, new SquaredError(), Cases.Data(5, 3), Seed, Device.Cpu)).Should().Throw<InvalidOperationException>()
            .WithMessage("The module 'm' must have the parameter 'hidden.weight' of F32 [16, 3] but has the parameter 'hidden.weight' of F32 [17, 3]. Register the code that the model was trained with.");
        FluentActions.Invoking(() => factory.Load(module, network.Layout, new float[network.Layout.Length])).Should().Throw<InvalidOperationException>().WithMessage("*'hidden.weight'*");
    }

    [TestMethod]
    public void Make_InADisposeScope_OutlivesIt()
    {
        TorchRuntime.EnsureLoaded();
        TorchEngine engine;
        ModuleScorer scorer;
        using (NewDisposeScope())
        {
            engine = Start(() => new TwoTowers());
            var module = (OwnModule)engine.Network.Layers[0];
            scorer = module.Code.Load(module, engine.Network.Layout, engine.Weights.Span);
        }
        Train(engine, 2);
        var scores = new float[2];
        scorer.Run([0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f], 2, scores);
        scores.Should().OnlyContain(score => float.IsFinite(score));
        engine.Dispose();
    }

    private static string Error(Func<nn.Module<Tensor, Tensor>> make, int inputs = 3) =>
        FluentActions.Invoking(() => new TorchModuleOptions("m", make).BuildNetwork(inputs, 1)).Should().Throw<InvalidOperationException>().Which.Message;

    private static TorchEngine Start(Func<nn.Module<Tensor, Tensor>> make, TrainingData? data = null, bool mirrored = false)
    {
        data ??= Cases.Data(60, 3);
        Network network = new TorchModuleOptions("m", make).BuildNetwork(data.Columns, 1);
        var engine = new TorchEngine(network, new SquaredError(), data, Seed, Device.Cpu, mirrored: mirrored);
        Initializer.Fill(network, engine.Weights.Span, Seed);
        engine.Send();
        return engine;
    }

    private static double Loss(Engine engine, int[] rows) => engine.ForwardBackward(rows, 1 / engine.Data.TotalWeight(rows), accumulate: false, new StepSettings(1));

    private static void Train(Engine engine, int steps, string optimizer = "adamw(lr=3e-3, wd=0.01)", GradientClipping? clipping = null)
    {
        var plan = new TrainingPlan(engine.Data.Rows, 40, (double)steps / new TrainingPlan(engine.Data.Rows, 40, 1).StepsPerEpoch);
        LrSchedule schedule = LrSchedule.Warmup(0.1.OfRun()).Cosine(TrainingSpan.Rest);
        GroupUpdater updater = engine.MakeUpdater(Optimizer.Parse(optimizer), [ParameterGroup.NoDecay], schedule, plan, clipping);
        for (int step = 0; step < steps; step++)
        {
            int[] rows = Cases.Rows(40, engine.Data.Rows, seed: step);
            engine.ForwardBackward(rows, 1 / engine.Data.TotalWeight(rows), accumulate: false, new StepSettings(step));
            updater.Step(step);
        }
        engine.Fetch();
    }
}
