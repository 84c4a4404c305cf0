using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Engines;
using Microsoft.ML.Trainers.Torch.Engines.Cpu;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.Trainers.Torch.Tests.Engines.Cpu;

[TestClass]
public sealed class CpuEngineTests
{
    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(5)]
    [DataRow(8)]
    [DataRow(10)]
    [DataRow(17)]
    [DataRow(28)]
    [DataRow(64)]
    [DataRow(70)]
    public void ForwardBackward_LinearModel_GivesTheGradient(int columns)
    {
        foreach (bool weighted in new[] { false, true })
        {
            Check(Cases.Mlp(ActivationFunction.Relu, columns, 1), new SquaredError(), Cases.Data(40, columns, weighted: weighted));
            Check(Cases.Mlp(ActivationFunction.Relu, columns, 1), new LogisticLoss(), Cases.Data(40, columns, classes: 2, weighted: weighted));
        }
    }

    [TestMethod]
    public void ForwardBackward_EveryActivation_GivesTheGradient()
    {
        foreach (ActivationFunction function in Enum.GetValues<ActivationFunction>())
        {
            Check(Cases.Mlp(function, 5, 9, 7, 1), new SquaredError(), Cases.Data(30, 5));
            Check(Cases.Mlp(function, 3, 17, 4), new SoftmaxCrossEntropy(), Cases.Data(30, 3, classes: 4, weighted: true));
        }
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(4)]
    [DataRow(5)]
    [DataRow(18)]
    [DataRow(35)]
    public void ForwardBackward_AnyNumberOfOutputs_GivesTheGradient(int outputs)
    {
        Check(Cases.Mlp(ActivationFunction.Tanh, 4, outputs), new SquaredError(), Cases.Data(20, 4, labelColumns: outputs));
        Check(Cases.Mlp(ActivationFunction.Silu, 4, 6, outputs), new SquaredError(), Cases.Data(20, 4, weighted: true, labelColumns: outputs));
        if (outputs > 1) Check(Cases.Mlp(ActivationFunction.Relu, 4, outputs), new SoftmaxCrossEntropy(), Cases.Data(20, 4, classes: outputs));
    }

    [TestMethod]
    public void ForwardBackward_SingleNumberLayers_GiveTheGradient()
    {
        Check(Cases.Mlp(ActivationFunction.Tanh, 1, 1, 1, 1), new SquaredError(), Cases.Data(10, 1));
        Check(Cases.Mlp(ActivationFunction.Relu, 3, 1, 6, 1), new LogisticLoss(), Cases.Data(10, 3, classes: 2));
        Check(Cases.Mlp(ActivationFunction.Gelu, 1, 3, 1), new SquaredError(), Cases.Data(10, 1));
    }

    [TestMethod]
    public void ForwardBackward_ActivationFirstOrLast_GivesTheGradient()
    {
        var first = new Network([new Activation("a", 4, ActivationFunction.Gelu), new Dense("d", 4, 3), new Activation("b", 3, ActivationFunction.Tanh)]);
        Check(first, new SquaredError(), Cases.Data(12, 4, labelColumns: 3));
        var last = new Network([new Dense("d", 4, 3), new Activation("b", 3, ActivationFunction.Relu)]);
        Check(last, new SquaredError(), Cases.Data(12, 4, labelColumns: 3));
    }

    [TestMethod]
    public void ForwardBackward_ManyRows_AddsUpItsBlocks()
    {
        Check(Cases.Mlp(ActivationFunction.Relu, 3, 6, 2), new SoftmaxCrossEntropy(), Cases.Data(900, 3, classes: 2), count: 700);
        Check(Cases.Mlp(ActivationFunction.Mish, 2, 5, 1), new SquaredError(), Cases.Data(900, 2), count: 650);
    }

    [TestMethod]
    public void ForwardBackward_Accumulating_AddsToTheGradient()
    {
        foreach (int hidden in new[] { 0, 8 })
        {
            TrainingData data = Cases.Data(100, 6);
            Network network = hidden == 0 ? Cases.Mlp(ActivationFunction.Relu, 6, 1) : Cases.Mlp(ActivationFunction.Relu, 6, hidden, 1);
            using CpuEngine engine = Cases.WithWeights(new CpuEngine(network, new SquaredError(), data, threads: 2));
            int[] rows = Cases.Rows(60, 100);
            double whole = engine.ForwardBackward(rows, 1.0 / 60, accumulate: false, new StepSettings(0));
            float[] expected = engine.Gradients.ToArray();
            double parts = engine.ForwardBackward(rows.AsSpan(0, 25), 1.0 / 60, accumulate: false, new StepSettings(0))
                + engine.ForwardBackward(rows.AsSpan(25), 1.0 / 60, accumulate: true, new StepSettings(0));

            parts.Should().BeApproximately(whole, 1e-6);
            Distance(engine.Gradients.ToArray(), expected).Should().BeLessThan(1e-6);
        }
    }

    [TestMethod]
    public void ForwardBackward_SameThreads_GivesTheSameBitsAndOtherThreadsNearlyTheSame()
    {
        TrainingData data = Cases.Data(3000, 28, weighted: true);
        int[] rows = Cases.Rows(2049, 3000);
        foreach (Network network in new[] { Cases.Mlp(ActivationFunction.Relu, 28, 64, 64, 1), Cases.Mlp(ActivationFunction.Relu, 28, 1) })
        {
            (double Loss, float[] Gradient) one = Run(network, data, rows, 1);
            foreach (int threads in new[] { 2, 3, 5 })
            {
                (double Loss, float[] Gradient) first = Run(network, data, rows, threads), second = Run(network, data, rows, threads);
                second.Loss.Should().Be(first.Loss);
                second.Gradient.Should().Equal(first.Gradient);
                first.Loss.Should().BeApproximately(one.Loss, 1e-6);
                Distance(first.Gradient, one.Gradient).Should().BeLessThan(1e-5);
            }
        }
    }

    [TestMethod]
    public void Predict_AnyRange_EqualsTheReferenceAndDoesNotDependOnTheRange()
    {
        TrainingData data = Cases.Data(1000, 9);
        Network network = Cases.Mlp(ActivationFunction.Silu, 9, 40, 3);
        using CpuEngine engine = Cases.WithWeights(new CpuEngine(network, new SoftmaxCrossEntropy(), data, threads: 2));
        float[] all = new float[3000], some = new float[3 * 137];
        engine.Predict(data, 0, 1000, all);
        engine.Predict(data, 501, 137, some);
        some.Should().Equal(all.AsSpan(3 * 501, 3 * 137).ToArray());
        engine.Invoking(e => e.Predict(data, 0, 2, new float[5])).Should().Throw<ArgumentException>().WithMessage("outputs must hold 2 x 3 numbers but had 5.*");
    }

    // A garbage collection on behalf of another test closes this thread's piece of the heap, and its unused rest may count as allocated.
    [TestMethod]
    [DoNotParallelize]
    public void ForwardBackward_AfterTheFirstStep_AllocatesNothing()
    {
        foreach (Network network in new[] { Cases.Mlp(ActivationFunction.Gelu, 12, 32, 32, 1), Cases.Mlp(ActivationFunction.Relu, 12, 1), Cases.Mlp(ActivationFunction.Relu, 12, 24, 1) })
        {
            TrainingData data = Cases.Data(4000, 12);
            using CpuEngine engine = Cases.WithWeights(new CpuEngine(network, new SquaredError(), data, threads: 2));
            int[] rows = Cases.Rows(2000, 4000);
            var outputs = new float[4000];
            Action<int, int> nothing = static (_, _) => { };
            for (int i = 0; i < 3; i++) Step();
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 20; i++) Step();
            (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0);

            void Step()
            {
                engine.ForwardBackward(rows, 1.0 / rows.Length, accumulate: false, new StepSettings(1));
                engine.Share(100_000, nothing);
                engine.Predict(data, 0, 4000, outputs);
            }
        }
    }

    [TestMethod]
    [DataRow(2, 80)]
    [DataRow(3, 80)]
    [DataRow(2, 300)]
    [DataRow(4, 300)]
    public void Share_SumDeferred_EachPartFindsItsSliceAndThenAllIsThere(int threads, int width)
    {
        TrainingData data = Cases.Data(3000, 28);
        int[] rows = Cases.Rows(2049, 3000);
        Network network = Cases.Mlp(ActivationFunction.Tanh, 28, width, width, 1);
        using CpuEngine at = Cases.WithWeights(new CpuEngine(network, new SquaredError(), data, threads: threads));
        using CpuEngine later = Cases.WithWeights(new CpuEngine(network, new SquaredError(), data, threads: threads));
        foreach (bool accumulate in new[] { false, true, true })
        {
            at.ForwardBackward(rows, 1.0 / rows.Length, accumulate, new StepSettings(0));
            later.ForwardBackward(rows, 1.0 / rows.Length, accumulate, new StepSettings(0, DeferSum: true));
            float[] expected = at.Gradients.ToArray();
            var parts = new System.Collections.Concurrent.ConcurrentBag<int>();
            later.Share(network.Layout.Length, (part, all) =>
            {
                all.Should().Be(threads);
                (int start, int end) = network.Layout.Share(part, all);
                later.Gradients.Span[start..end].SequenceEqual(expected.AsSpan(start, end - start)).Should().BeTrue();
                parts.Add(part);
            });
            parts.Should().BeEquivalentTo(Enumerable.Range(0, threads));
            later.Gradients.ToArray().Should().Equal(expected);
        }
        // Without a share in between, whatever comes next finds the sum all the same.
        at.ForwardBackward(rows, 1.0 / rows.Length, accumulate: false, new StepSettings(1));
        later.ForwardBackward(rows, 1.0 / rows.Length, accumulate: false, new StepSettings(1, DeferSum: true));
        var outputs = new float[2000];
        later.Predict(data, 0, 2000, outputs);
        later.Gradients.ToArray().Should().Equal(at.Gradients.ToArray());
        at.ForwardBackward(rows, 1.0 / rows.Length, accumulate: true, new StepSettings(1));
        later.ForwardBackward(rows, 1.0 / rows.Length, accumulate: false, new StepSettings(1, DeferSum: true));
        later.ForwardBackward(rows, 1.0 / rows.Length, accumulate: true, new StepSettings(1));
        later.Gradients.ToArray().Should().Equal(at.Gradients.ToArray());
    }

    [TestMethod]
    public void Share_SumDeferredOfFewerPartsThanThreads_AllThreadsFindItWhole()
    {
        TrainingData data = Cases.Data(300, 28);
        int[] rows = Cases.Rows(16, 300);
        Network network = Cases.Mlp(ActivationFunction.Tanh, 28, 300, 300, 1);
        using CpuEngine at = Cases.WithWeights(new CpuEngine(network, new SquaredError(), data, threads: 4));
        using CpuEngine later = Cases.WithWeights(new CpuEngine(network, new SquaredError(), data, threads: 4));
        at.ForwardBackward(rows, 1.0 / rows.Length, accumulate: false, new StepSettings(0));
        later.ForwardBackward(rows, 1.0 / rows.Length, accumulate: false, new StepSettings(0, DeferSum: true));
        float[] expected = at.Gradients.ToArray();
        later.Share(network.Layout.Length, (_, parts) =>
        {
            parts.Should().Be(4);
            later.Gradients.Span.SequenceEqual(expected).Should().BeTrue();
        });
    }

    [TestMethod]
    public void Gradients_Padding_StaysZero()
    {
        TrainingData data = Cases.Data(600, 5, classes: 3);
        Network network = Cases.Mlp(ActivationFunction.Relu, 5, 21, 3);
        using CpuEngine engine = Cases.WithWeights(new CpuEngine(network, new SoftmaxCrossEntropy(), data, threads: 2));
        engine.Gradients.Span.Fill(0);
        for (int i = 0; i < 2; i++) engine.ForwardBackward(Cases.Rows(600, 600), 1.0 / 600, accumulate: i > 0, new StepSettings(i));
        foreach (ParameterSlot slot in network.Layout)
            engine.Gradients.Span[(slot.Offset + slot.Count)..slot.PaddedEnd].ToArray().Should().OnlyContain(x => x == 0);
    }

    private static (double Loss, float[] Gradient) Run(Network network, TrainingData data, int[] rows, int threads)
    {
        using CpuEngine engine = Cases.WithWeights(new CpuEngine(network, new SquaredError(), data, threads: threads));
        double loss = 0;
        for (int i = 0; i < 3; i++) loss = engine.ForwardBackward(rows, 1.0 / rows.Length, accumulate: false, new StepSettings(0));
        return (loss, engine.Gradients.ToArray());
    }

    private static void Check(Network network, Loss loss, TrainingData data, int count = 19) => GradientCheck.Run(network, loss, data, count);

    private static double Distance(float[] a, float[] b) => Math.Sqrt(a.Zip(b, (x, y) => (double)(x - y) * (x - y)).Sum()) / Math.Sqrt(b.Sum(y => (double)y * y));
}
