using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Engines;
using Microsoft.ML.Trainers.Torch.Engines.Passes;
using Microsoft.ML.Trainers.Torch.Tests.Engines.Cpu;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using TorchSharp;

namespace Microsoft.ML.Trainers.Torch.Tests.Engines.Torch.Passes;

/// <summary>
/// Scripts for forward and backward. Their truth is finite differences of the network in doubles, and autograd over the same engine.
/// A script that does not compile ends the process, so these tests compile whatever the generator can write.
/// </summary>
[TestClass]
public sealed class ScriptedPassTests
{
    private const int Columns = 5;

    private static readonly ActivationFunction[] Functions = Enum.GetValues<ActivationFunction>();

    /// <summary>Every loss, with the outputs and the classes of its labels: none, or -1 for positive labels.</summary>
    private static readonly (Loss Loss, int Outputs, int Classes)[] Losses =
    [
        (new SquaredError(), 1, 0), (new SquaredError(), 3, 0), (new AbsoluteError(), 2, 0), (new HuberLoss(0.4), 2, 0), (new LogCoshLoss(), 1, 0), (new PoissonLoss(), 1, -1), (new GammaLoss(), 1, -1),
        (new TweedieLoss(1.4), 1, -1), (new LogisticLoss(), 1, 2), (new HingeLoss(), 1, 2), (new SoftmaxCrossEntropy(), 3, 3), (new SoftmaxCrossEntropy { LabelSmoothing = 0.1 }, 4, 4),
        (new QuantileLoss(0.1, 0.5, 0.8), 3, 1), (new FocalLoss(), 1, 2), (new FocalLoss(0), 1, 2), (new FocalLoss(1.5), 3, 3), (new FocalLoss(0.5), 3, 3),
    ];

    [TestMethod]
    public void Gradient_EveryLossWithAndWithoutWeights_EqualsFiniteDifferences()
    {
        foreach ((Loss loss, int outputs, int classes) in Losses)
            foreach (bool weighted in (bool[])[false, true])
            {
                GradientCheck.Run(Cases.Mlp(ActivationFunction.Tanh, Columns, 6, outputs), loss, Data(loss, outputs, classes, weighted), make: Scripted, tolerance: 1e-5);
                Layer[] members = [new EnsembleDense("a", Columns, 4, 3, FansOut: true), new Activation("b", 12, ActivationFunction.Tanh), new EnsembleDense("c", 4, outputs, 3, FansOut: false)];
                GradientCheck.Run(new Network(members), loss, Data(loss, outputs, classes, weighted), make: Scripted, tolerance: 1e-5);
            }
    }

    [TestMethod]
    public void Gradient_EveryActivation_EqualsFiniteDifferences()
    {
        foreach (ActivationFunction function in Functions)
            foreach (Func<string, int, Layer> make in (Func<string, int, Layer>[])[(name, size) => new Activation(name, size, function), (name, size) => new ParametricActivation(name, size, function)])
                GradientCheck.Run(
                    new Network([make("first", Columns), new Dense("a", Columns, 7), make("b", 7), new Residual("c", [make("d", 7), new Dense("e", 7, 7)]), make("f", 7), new Dense("g", 7, 1)]),
                    new SquaredError(), Cases.Data(80, Columns), make: Scripted, fit: Fit, tolerance: 1e-5);
    }

    [TestMethod]
    public void Gradient_EveryLayer_EqualsFiniteDifferences()
    {
        foreach (Func<string, Layer> make in Makers())
        {
            // At the input nobody wants the derivative by it; between layers that learn, before and behind a block and in it, somebody does.
            Layer[] layers =
            [
                make("first"), new Dense("a", Columns, Columns), make("b"), new Residual("c", [make("d"), new NtkDense("e", Columns, Columns), make("f")]), make("g"), new Residual("i", [make("j")]),
                new Dense("k", Columns, 2),
            ];
            GradientCheck.Run(new Network(layers), new SquaredError(), Cases.Data(80, Columns, weighted: true, labelColumns: 2), make: Scripted, fit: Fit, tolerance: 2e-5);
        }
    }

    [TestMethod]
    public void Gradient_EveryEmbeddingInFrontAndBehindWhatLearns_EqualsAutograds()
    {
        foreach (Layer layer in (Layer[])
            [
                new CategoricalEmbedding("e", Columns, [new CategoricalColumn(1, 3, 4), new CategoricalColumn(3, 2, 2)]),
                new CategoricalEmbedding("e", Columns, [.. Enumerable.Range(0, Columns).Select(i => new CategoricalColumn(i, 3, 2))]),
                new PeriodicEmbedding("e", Columns, 4, 3), new NumericEmbedding("e", Columns, [0, 2, 3], bins: 5, frequencies: 4, width: 3),
                new NumericEmbedding("e", Columns, [0, 1, 2, 3, 4], bins: 0, frequencies: 4, width: 3), new NumericEmbedding("e", Columns, [4], bins: 4, frequencies: 0, width: 2),
                new MissingIndicators("e", Columns, [0, 3]), new MissingValues("e", Columns), new EnsembleDense("e", Columns, 3, 4, FansOut: true),
            ])
        {
            Layer[] behind = [new Dense("y", layer.Outputs, 6), new Activation("t", 6, ActivationFunction.Tanh), new Dense("z", 6, 2)];
            Agree(new Network([layer, .. behind]));
            Agree(new Network([new Scaling("s", Columns), layer, .. behind]));
            Agree(new Network([new Dense("d", Columns, Columns), new Activation("f", Columns, ActivationFunction.Relu), layer, new Dropout("x", layer.Outputs, 0.3f), .. behind]));
            Agree(new Network([new Scaling("s", Columns), new Residual("r", [layer, new LayerNorm("n", layer.Outputs), new Dense("d", layer.Outputs, Columns)]), new Dense("z", Columns, 2)]));
        }
        Agree(new Network([new Dense("d", Columns, 6), new EnsembleDense("e", 3, 4, 2, FansOut: false), new Dense("z", 8, 2)]));
    }

    /// <summary>Who may overwrite what is decided between neighbours.</summary>
    [TestMethod]
    [TestCategory("Slow")]
    public void Gradient_EveryThreeLayersInARow_EqualsAutograds()
    {
        foreach (Func<string, Layer> first in Makers())
            foreach (Func<string, Layer> second in Makers())
            {
                Agree(new Network([first("a"), second("b"), new Dense("c", Columns, 2)]));
                foreach (Func<string, Layer> third in Makers()) Agree(new Network([new Dense("i", Columns, Columns), first("a"), second("b"), third("c"), new Dense("z", Columns, 2)]));
            }
    }

    [TestMethod]
    public void Gradient_EveryTwoLayersInARow_EqualsAutograds()
    {
        foreach (Func<string, Layer> first in Makers())
            foreach (Func<string, Layer> second in Makers()) Agree(new Network([new Dense("i", Columns, Columns), first("a"), new Residual("r", [second("b"), new Dense("c", Columns, Columns)]), second("d"), new Dense("z", Columns, 2)]));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void ForwardBackward_BatchesOfManySizesAndParts_EqualAutograds(bool mirrored)
    {
        Network network = Mixed();
        TrainingData data = Cases.Data(80, Columns, weighted: true);
        using TorchEngine scripted = Start(new TorchEngine(network, new SquaredError(), data, seed: 4, Device.Cpu, threads: 1, mirrored: mirrored));
        using TorchEngine autograd = Start(new TorchEngine(network, new SquaredError(), data, seed: 4, Device.Cpu, threads: 1, mirrored: mirrored, autograd: true));
        (scripted.WhyAutograd, autograd.WhyAutograd).Should().Be((null, "It was asked for."));
        int[] order = Cases.Rows(80, 80);
        scripted.UseOrder(order);
        long step = 0;
        foreach (int rows in (int[])[16, 16, 5, 40, 16, 1, 3, 2, 7, 40])
        {
            ReadOnlySpan<int> batch = step % 3 == 2 ? Cases.Rows(rows, 80, seed: rows) : order.AsSpan((int)step, rows);
            var settings = new StepSettings(step++, DropoutScale: step % 4 / 3.0);
            scripted.ForwardBackward(batch, 0.3, accumulate: false, settings).Should().BeApproximately(autograd.ForwardBackward(batch, 0.3, accumulate: false, settings), 1e-5);
            settings = settings with { FirstRow = rows };
            scripted.ForwardBackward(batch, 0.7, accumulate: true, settings).Should().BeApproximately(autograd.ForwardBackward(batch, 0.7, accumulate: true, settings), 1e-5);
            Same(network, scripted, autograd);
        }
    }

    [TestMethod]
    public void ForwardBackward_SmoothingOfTheStep_IsUsed()
    {
        Network network = Cases.Mlp(ActivationFunction.Relu, Columns, 8, 3);
        TrainingData data = Cases.Data(80, Columns, classes: 3);
        using TorchEngine scripted = Start(new TorchEngine(network, new SoftmaxCrossEntropy(), data, seed: 4, Device.Cpu, threads: 1));
        using TorchEngine autograd = Start(new TorchEngine(network, new SoftmaxCrossEntropy(), data, seed: 4, Device.Cpu, threads: 1, autograd: true));
        foreach (double smoothing in (double[])[0, 0.3, 0.1, 0])
        {
            var settings = new StepSettings(0, LabelSmoothing: smoothing);
            scripted.ForwardBackward([1, 2, 3], 1, accumulate: false, settings).Should().BeApproximately(autograd.ForwardBackward([1, 2, 3], 1, accumulate: false, settings), 1e-5);
            Same(network, scripted, autograd);
        }
    }

    // It counts the tensors of the whole process.
    [TestMethod]
    [DoNotParallelize]
    public void ForwardBackward_AThousandSteps_LeaveNothingBehind()
    {
        TrainingData data = Cases.Data(80, Columns);
        using TorchEngine engine = Start(new TorchEngine(Mixed(), new SquaredError(), data, seed: 4, Device.Cpu, threads: 1));
        int[] order = Cases.Rows(80, 80);
        engine.UseOrder(order);
        Steps(20);
        long tensors = torch.Tensor.TotalCount, bytes = GC.GetAllocatedBytesForCurrentThread();

        Steps(1000);

        (GC.GetAllocatedBytesForCurrentThread() - bytes).Should().BeLessThan(1000 * 2000);
        torch.Tensor.TotalCount.Should().Be(tensors);

        void Steps(int count)
        {
            for (int step = 0; step < count; step++) engine.ForwardBackward(order.AsSpan(0, step % 5 == 4 ? 7 : 16), 1.0 / 16, accumulate: false, new StepSettings(step));
        }
    }

    [TestMethod]
    public void ForwardBackward_TwoThreadsAtOnce_GiveTheBitsOfOne()
    {
        float[] alone = Run(3);
        // One of two hundred runs had other bits when the threads' counts were not kept apart.
        for (int round = 0; round < 40; round++)
        {
            float[][] together = new float[4][];
            Thread[] threads = [.. Enumerable.Range(0, 4).Select(i => new Thread(() => together[i] = Run(3)))];
            foreach (Thread thread in threads) thread.Start();
            foreach (Thread thread in threads) thread.Join();
            foreach (float[] one in together) one.AsSpan().SequenceEqual(alone).Should().BeTrue();
        }

        static float[] Run(ulong seed)
        {
            using TorchEngine engine = Start(new TorchEngine(Mixed(), new SquaredError(), Cases.Data(80, Columns), seed, Device.Cpu, threads: 1));
            for (int step = 0; step < 50; step++) engine.ForwardBackward([1, 5, 9, 2, 2], 0.2, accumulate: step > 0, new StepSettings(step));
            return engine.Gradients.ToArray();
        }
    }

    [TestMethod]
    public void WhyAutograd_WhatHasNoScript_SaysWhy()
    {
        List<string> said = [];
        using var rounded = new TorchEngine(Cases.Mlp(ActivationFunction.Relu, Columns, 3, 1), new SquaredError(), Cases.Data(8, Columns), 1, Device.Cpu, precision: MatrixPrecision.BFloat16, say: said.Add);
        using var single = new TorchEngine(Cases.Mlp(ActivationFunction.Relu, Columns, 3, 1), new SquaredError(), Cases.Data(8, Columns), 1, Device.Cpu, say: said.Add);

        rounded.WhyAutograd.Should().Be("Products rounded to bf16 have no script.");
        single.WhyAutograd.Should().BeNull();
        said.Should().ContainInOrder("Gradients: autograd. Products rounded to bf16 have no script.", "Gradients: one script per pass.");
    }

    [TestMethod]
    public void Text_SmallNetwork_IsWhatOneWouldWrite() =>
        ScriptedLayers.Write(Cases.Mlp(ActivationFunction.Relu, 5, 4, 1), new SquaredError(), weighted: false).Text(weighted: false).Should().StartWith(
            """
            def set(features: Tensor, labels: Tensor, order: Tensor, loss: Tensor, first: int, rows: int, scale: float, smoothing: float, b0: Tensor, b0t: Tensor, b1: Tensor, b1t: Tensor, w1: Tensor, w0: Tensor, b2: Tensor, b2t: Tensor, w3: Tensor, w2: Tensor, b3: Tensor, b3t: Tensor, g2: Tensor, g3: Tensor, b4: Tensor, b4t: Tensor, w2t: Tensor, g0: Tensor, g1: Tensor):
                index = torch.narrow(order, 0, first, rows)
                torch.index_select(features, 0, index, out=b0)
                torch.addmm(w1, b0, w0, alpha=1.0, out=b1)
                torch.clamp_min(b1, 0, out=b1)
                torch.addmm(w3, b1, w2, alpha=1.0, out=b2)
                s = b2
                y = labels.index_select(0, index)
                d = s - y
                torch.mul(d, scale * 2.0, out=b3)
                loss.add_(torch.sum(d * d), alpha=1.0)
                g2.addmm_(b1t, b3, beta=0, alpha=1.0)
                torch.sum(b3, [0], out=g3)
                b4.addmm_(b3, w2t, beta=0, alpha=1.0)
                torch.threshold_backward(b4, b1, 0, grad_input=b4)
                g0.addmm_(b0t, b4, beta=0, alpha=1.0)
                torch.sum(b4, [0], out=g1)

            """);

    private static IEnumerable<Func<string, Layer>> Makers() =>
    [
        name => new Dense(name, Columns, Columns), name => new NtkDense(name, Columns, Columns), name => new Dropout(name, Columns, 0.3f), name => new LayerNorm(name, Columns), name => new BatchNorm(name, Columns),
        name => new Scaling(name, Columns), name => new Standardization(name, Columns), name => new RobustScaling(name, Columns),
        name => new Activation(name, Columns, ActivationFunction.Tanh), name => new Activation(name, Columns, ActivationFunction.Silu),
        name => new ParametricActivation(name, Columns, ActivationFunction.Sigmoid), name => new ParametricActivation(name, Columns, ActivationFunction.Mish),
        name => new Residual(name, [new Activation($"{name}.0", Columns, ActivationFunction.Selu)]),
    ];

    private static Network Mixed() => new(
    [
        new Dense("a", Columns, 12), new Activation("b", 12, ActivationFunction.Relu), new Dropout("c", 12, 0.4f),
        new Residual("d", [new LayerNorm("e", 12), new Dense("f", 12, 12), new ParametricActivation("g", 12, ActivationFunction.Gelu), new Dropout("h", 12, 0.2f)]), new NtkDense("z", 12, 1),
    ]);

    private static TrainingData Data(Loss loss, int outputs, int classes, bool weighted)
    {
        TrainingData data = Cases.Data(80, Columns, Math.Max(0, classes), weighted, classes == 0 ? outputs : 1);
        if (classes < 0)
            foreach (ref float label in data.Labels.Span) label = 0.1f + Math.Abs(label);
        return data;
    }

    private static TorchEngine Scripted(Network network, Loss loss, TrainingData data, ulong seed)
    {
        var engine = new TorchEngine(network, loss, data, seed, Device.Cpu, threads: 1);
        engine.WhyAutograd.Should().BeNull();
        return engine;
    }

    private static void Agree(Network network)
    {
        TrainingData data = Cases.Data(80, Columns, labelColumns: 2);
        // Codes of categories, known and unknown, and gaps; behind another layer anything may be a code.
        for (int row = 0; row < data.Rows; row++)
        {
            data.Features.Span[row * Columns + 1] = row % 6 - 1;
            if (row % 4 == 0 && network.Layers[0] is MissingIndicators or MissingValues) data.Features.Span[row * Columns + row % Columns] = float.NaN;
        }
        if (network.Layers[0] is MissingIndicators) network = new Network([network.Layers[0], new MissingValues("filled", network.Layers[0].Outputs), .. network.Layers.Skip(1)]);
        using TorchEngine scripted = Start(new TorchEngine(network, new SquaredError(), data, seed: 4, Device.Cpu, threads: 1));
        using TorchEngine autograd = Start(new TorchEngine(network, new SquaredError(), data, seed: 4, Device.Cpu, threads: 1, autograd: true));
        int[] rows = Cases.Rows(9, 80);
        double loss = scripted.ForwardBackward(rows, 0.1, accumulate: false, new StepSettings(2)), truth = autograd.ForwardBackward(rows, 0.1, accumulate: false, new StepSettings(2));
        loss.Should().BeApproximately(truth, 1e-5 * Math.Max(1, truth));
        Same(network, scripted, autograd);
    }

    /// <summary>The same gradients to rounding, and the same weights: running statistics are among them.</summary>
    private static void Same(Network network, TorchEngine got, TorchEngine truth)
    {
        got.Fetch();
        truth.Fetch();
        string what = string.Join(", ", network.Layers.Select(layer => layer.GetType().Name));
        double whole = Norm(truth.Gradients.Span);
        foreach (ParameterSlot slot in network.Layout)
        {
            ReadOnlySpan<float> wanted = slot.In<float>(truth.Gradients.Span);
            // A bias in front of a batch norm has a gradient of 0: what is left of it is rounding of larger terms, on either side.
            Distance(wanted, slot.In<float>(got.Gradients.Span)).Should().BeLessThan(1e-5 * Norm(wanted) + 3e-6 * whole, "{0} of {1}", slot.Spec.Name, what);
            Distance(slot.In<float>(truth.Weights.Span), slot.In<float>(got.Weights.Span)).Should().BeLessThan(1e-5, "{0} of {1}", slot.Spec.Name, what);
        }
    }

    private static double Distance(ReadOnlySpan<float> truth, ReadOnlySpan<float> got)
    {
        double distance = 0;
        for (int i = 0; i < truth.Length; i++) distance += Math.Pow(truth[i] - got[i], 2);
        return Math.Sqrt(distance);
    }

    private static double Norm(ReadOnlySpan<float> values)
    {
        double sum = 1e-12;
        foreach (float value in values) sum += Math.Pow(value, 2);
        return Math.Sqrt(sum);
    }

    private static TorchEngine Start(TorchEngine engine)
    {
        Cases.WithWeights(engine);
        float[] weights = engine.Weights.ToArray();
        Fit(engine.Network, weights);
        weights.CopyTo(engine.Weights);
        engine.Send();
        return engine;
    }

    private static void Fit(Network network, float[] weights)
    {
        foreach (ParameterSlot slot in network.Layout)
            if (slot.Spec.Name.EndsWith(".running_var", StringComparison.Ordinal) || slot.Spec.Name.EndsWith(".scale", StringComparison.Ordinal))
                foreach (ref float value in slot.In(weights.AsSpan())) value = 0.5f + Math.Abs(value);
            else if (slot.Spec.Name.EndsWith(".edges", StringComparison.Ordinal))
                for (int i = 0; i < slot.Count; i++) slot.In(weights.AsSpan())[i] = -0.7123f + 1.4f * (i % slot.Spec.Shape[1]) / slot.Spec.Shape[1];
    }
}
