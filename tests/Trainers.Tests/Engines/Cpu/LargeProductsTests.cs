using System.Globalization;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Engines;
using Microsoft.ML.Trainers.Torch.Engines.Cpu;
using Microsoft.ML.Trainers.Torch.Runtime;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using MlNetLr.Tests;
using TorchSharp;

namespace Microsoft.ML.Trainers.Torch.Tests.Engines.Cpu;

/// <summary>Large layers' products by libtorch, whatever the width of this machine's vectors. The oracle is the engine with its own ones.</summary>
[TestClass]
public sealed class LargeProductsTests
{
    private const int Width = 256, DataRows = 900;

    public static IEnumerable<object[]> Networks()
    {
        yield return Case(new Dense("d", Width, Width));
        yield return Case(new Dense("a", 6, Width), new Activation("b", Width, ActivationFunction.Relu), new Dense("c", Width, 300), new Activation("d", 300, ActivationFunction.Relu), new Dense("e", 300, 3));
        yield return Case(new NtkDense("a", 6, Width), new ParametricActivation("b", Width, ActivationFunction.Mish), new NtkDense("c", Width, Width), new Activation("d", Width, ActivationFunction.Relu), new NtkDense("e", Width, 2));
        yield return Case(new Dense("a", 6, Width), new Residual("r", [new LayerNorm("r.0", Width), new Dense("r.1", Width, 280), new Activation("r.2", 280, ActivationFunction.Silu), new Dense("r.3", 280, Width)]), new Dense("e", Width, 1));
        yield return Case(new Dense("a", 6, Width), new BatchNorm("n", Width), new Dense("c", Width, 1024), new Dense("e", 1024, 1));
        yield return Case(new EnsembleDense("a", 6, Width, 3, FansOut: true), new Activation("b", 3 * Width, ActivationFunction.Relu), new EnsembleDense("c", Width, 270, 3, FansOut: false), new EnsembleDense("e", 270, 1, 3, FansOut: false));

        static object[] Case(params Layer[] layers) => [string.Join(", ", layers.Select(layer => layer.GetType().Name)), new Network(layers)];
    }

    [TestMethod]
    [DynamicData(nameof(Networks))]
    public void Engine_LargeProductsOfLibtorch_GiveWhatTheOwnOnesGive(string name, Network network)
    {
        TrainingData data = Data(network);
        using CpuEngine own = Make(network, data, byLibtorch: false), torch = Make(network, data, byLibtorch: true);
        // Parts of a full block and a rest, then of a rest alone, then of nearly everything.
        foreach ((int count, bool accumulate) in new[] { (700, false), (130, true), (899, false) })
        {
            int[] rows = Cases.Rows(count, DataRows, seed: count);
            if (!accumulate)
                foreach (CpuEngine engine in new[] { own, torch })
                    foreach (ParameterSlot slot in network.Layout.Where(slot => slot.Spec.IsTrainable)) slot.In(engine.Gradients.Span).Fill(float.NaN);
            double expected = own.ForwardBackward(rows, 1.0 / count, accumulate, new StepSettings(3));
            double loss = torch.ForwardBackward(rows, 1.0 / count, accumulate, new StepSettings(3));
            loss.Should().BeApproximately(expected, 1e-5 * Math.Max(1, expected), name);
            Distance(torch.Gradients, own.Gradients).Should().BeLessThan(2e-6, $"{name}, {count} rows");
        }
        float[] wanted = new float[DataRows * network.Outputs], outputs = new float[DataRows * network.Outputs];
        own.Predict(data, 0, DataRows, wanted);
        torch.Predict(data, 0, DataRows, outputs);
        Distance(outputs, wanted).Should().BeLessThan(2e-6, name);
    }

    [TestMethod]
    public void Engine_WeightsThatChange_AreSeenByTheNextProduct()
    {
        Network network = Cases.Mlp(ActivationFunction.Tanh, 6, Width, Width, 1);
        TrainingData data = Data(network);
        using CpuEngine own = Make(network, data, byLibtorch: false), torch = Make(network, data, byLibtorch: true);
        for (int step = 0; step < 20; step++)
        {
            int[] rows = Cases.Rows(300, DataRows, seed: step);
            foreach (CpuEngine engine in new[] { own, torch })
            {
                engine.ForwardBackward(rows, 1.0 / 300, accumulate: false, new StepSettings(step));
                for (int i = 0; i < network.Layout.TrainableLength; i++) engine.Weights.Span[i] -= 0.05f * engine.Gradients.Span[i];
            }
        }
        Distance(torch.Weights, own.Weights).Should().BeLessThan(1e-5);
    }

    [TestMethod]
    public void Engine_SameThreads_GivesTheSameBits()
    {
        Network network = Cases.Mlp(ActivationFunction.Relu, 6, Width, Width, 1);
        TrainingData data = Data(network);
        int[] rows = Cases.Rows(801, DataRows);
        float[] first = Gradient(), second = Gradient();
        second.Should().Equal(first);

        float[] Gradient()
        {
            using CpuEngine engine = Make(network, data, byLibtorch: true);
            engine.ForwardBackward(rows, 1, accumulate: false, new StepSettings(0));
            return engine.Gradients.ToArray();
        }
    }

    [TestMethod]
    public void Engine_InTheUsersDisposeScope_KeepsItsTensorsAndThreads()
    {
        Libtorch.EnsureLoaded();
        Network network = Cases.Mlp(ActivationFunction.Relu, 6, Width, Width, 1);
        TrainingData data = Data(network);
        int threads = torch.get_num_threads();
        var outputs = new float[DataRows];
        using CpuEngine engine = Make(network, data, byLibtorch: true);
        using (torch.NewDisposeScope()) engine.ForwardBackward(Cases.Rows(600, DataRows), 1, accumulate: false, new StepSettings(0));
        using (torch.NewDisposeScope()) engine.Predict(data, 0, DataRows, outputs);
        engine.ForwardBackward(Cases.Rows(600, DataRows), 1, accumulate: false, new StepSettings(1));
        torch.get_num_threads().Should().Be(threads);
    }

    // A garbage collection on behalf of another test closes this thread's piece of the heap, and its unused rest may count as allocated.
    [TestMethod]
    [DoNotParallelize]
    public void Engine_AfterTheFirstStep_AllocatesNothing()
    {
        Network network = Cases.Mlp(ActivationFunction.Relu, 6, Width, Width, 1);
        TrainingData data = Data(network);
        using CpuEngine engine = Make(network, data, byLibtorch: true);
        int[] rows = Cases.Rows(700, DataRows);
        for (int i = 0; i < 5; i++) engine.ForwardBackward(rows, 1, accumulate: false, new StepSettings(i));
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++) engine.ForwardBackward(rows, 1, accumulate: false, new StepSettings(i));
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0);
    }

    [TestMethod]
    public void InputGradients_NarrowVectors_AgreeWithAutograd()
    {
        (int exitCode, string output) = ChildProgram.Run(DistanceOfInputGradients, environment: NarrowVectors());

        exitCode.Should().Be(0, output);
        double.Parse(output, CultureInfo.InvariantCulture).Should().BeLessThan(1e-5);
    }

    [TestMethod]
    public void EngineChoice_NarrowVectors_TakesLibtorchsProductsForLargeLayersAndElseDoesNotLoadIt()
    {
        (int exitCode, string output) = ChildProgram.Run(TrainSmallAndLarge, environment: NarrowVectors());

        exitCode.Should().Be(0, output);
        string[] said = output.Split("-- large --");
        said[0].Should().Contain("Engine: managed, on the CPU.").And.NotContain("libtorch");
        said[1].Should().Contain("Products of large layers: libtorch's, which are faster than vectors of 128 bits here.");
    }

    [TestMethod]
    public void EngineChoice_NarrowVectorsWithoutLibtorch_TakesItsOwnProductsAndSaysWhy()
    {
        string empty = Directory.CreateTempSubdirectory("mlnetlr-test-").FullName;
        (int exitCode, string output) = ChildProgram.Run(TrainSmallAndLarge, environment: NarrowVectors(("MLNETLR_LIBTORCH", empty)));
        Directory.Delete(empty);

        exitCode.Should().Be(0, output);
        output.Should().Contain("Products of large layers: managed, though libtorch's would be faster here. MLNETLR_LIBTORCH must be a folder that holds");
    }

    [TestMethod]
    public void ByLibtorch_WideVectors_NeverLoadsIt()
    {
        if (LargeProducts.FasterByLibtorch) return;
        List<string> said = [];
        LargeProducts.ByLibtorch(Cases.Mlp(ActivationFunction.Relu, 28, 4096, 4096, 1), said.Add).Should().BeFalse();
        said.Should().BeEmpty();
    }

    [TestMethod]
    public void Has_NarrowOrSmallLayer_IsFalse()
    {
        LargeProducts.Has(new Dense("d", 100_000, 4)).Should().BeFalse();
        LargeProducts.Has(new Dense("d", 255, 256)).Should().BeFalse();
        LargeProducts.Has(new EnsembleDense("d", 128, 128, 32, FansOut: true)).Should().BeFalse("its members share a small matrix");
        LargeProducts.Has(new Dense("d", 128, 512)).Should().BeTrue();
        LargeProducts.Has(new Residual("r", [new NtkDense("d", 256, 256)])).Should().BeTrue();
    }

    private static Dictionary<string, string?> NarrowVectors(params (string Name, string? Value)[] more)
    {
        var environment = new Dictionary<string, string?> { ["DOTNET_EnableAVX2"] = "0", ["MLNETLR_LIBTORCH"] = null };
        foreach ((string name, string? value) in more) environment[name] = value;
        return environment;
    }

    private static int TrainSmallAndLarge(string argument)
    {
        double small = Loss(Cases.Mlp(ActivationFunction.Relu, 28, 128, 128, 1));
        Console.WriteLine("-- large --");
        double large = Loss(Cases.Mlp(ActivationFunction.Relu, 28, Width, Width, 1));
        return double.IsFinite(small) && double.IsFinite(large) ? 0 : 1;

        static double Loss(Network network)
        {
            TrainingData data = Data(network);
            using Engine engine = Cases.WithWeights(
                EngineChoice.Create(network, new SquaredError(), data, Device.Cpu, threads: 2, MatrixPrecision.Single, seed: 1, Console.WriteLine));
            return engine.ForwardBackward(Cases.Rows(500, DataRows), 1.0 / 500, accumulate: false, new StepSettings(0));
        }
    }

    private static int DistanceOfInputGradients(string argument)
    {
        Network network = Cases.Mlp(ActivationFunction.Silu, 6, Width, 320, 2);
        TrainingData data = Data(network);
        using CpuEngine engine = Make(network, data, byLibtorch: false);
        float[] weights = engine.Weights.ToArray(), slopes = [.. Enumerable.Range(0, 2 * 50).Select(i => i % 7 - 3f)];
        float[] gradients = new float[50 * 6], expected = new float[50 * 6];
        ReadOnlySpan<float> rows = data.Features.Span[..(50 * 6)];
        using (var passes = InputGradients.Of(network, weights)) passes.Backward(rows, 50, slopes, gradients);
        using (var autograd = new TorchInputGradients(network, weights)) autograd.Backward(rows, 50, slopes, expected);
        Console.WriteLine(Distance(gradients, expected).ToString("R", CultureInfo.InvariantCulture));
        return LargeProducts.ByLibtorch(network) ? 0 : 1;
    }

    private static CpuEngine Make(Network network, TrainingData data, bool byLibtorch)
    {
        CpuEngine engine = Cases.WithWeights(new CpuEngine(network, new SquaredError(), data, seed: 4, threads: 2, largeByLibtorch: byLibtorch));
        foreach (ParameterSlot slot in network.Layout.Where(slot => slot.Spec.Name.EndsWith(".running_var", StringComparison.Ordinal))) slot.In(engine.Weights.Span).Fill(1);
        return engine;
    }

    private static TrainingData Data(Network network) => Cases.Data(DataRows, network.Inputs, labelColumns: network.Outputs / network.Members);

    private static double Distance(ReadOnlyMemory<float> a, ReadOnlyMemory<float> b)
    {
        double distance = 0, size = 0;
        for (int i = 0; i < a.Length; i++)
        {
            distance += Math.Pow(a.Span[i] - b.Span[i], 2);
            size += Math.Pow(b.Span[i], 2);
        }
        return Math.Sqrt(distance / size);
    }
}
