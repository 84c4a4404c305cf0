using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Engines;
using Microsoft.ML.Trainers.Torch.Engines.Cpu;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.Trainers.Torch.Tests.Engines.Cpu;

/// <summary>However two threads share a batch, the bits are the same.</summary>
[TestClass]
public sealed unsafe class HandoverTests
{
    private const int Rows = 1037;

    [TestMethod]
    public void ForwardBackward_EveryActivation_SameBitsHoweverRowsAreShared()
    {
        foreach (ActivationFunction function in Enum.GetValues<ActivationFunction>())
        {
            Check(Cases.Mlp(function, 28, 40, 33, 1), new SquaredError());
            Check(Dense(48, new ParametricActivation("b", 48, function), 2), new SquaredError(), labelColumns: 2);
        }
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(4)]
    [DataRow(5)]
    [DataRow(300)]
    public void ForwardBackward_AnyWidth_SameBitsHoweverRowsAreShared(int width)
    {
        Check(Cases.Mlp(ActivationFunction.Relu, 9, 80, width, 2), new SquaredError(), labelColumns: 2);
        Check(new Network([new NtkDense("a", 28, 64), new Activation("b", 64, ActivationFunction.Relu), new NtkDense("c", 64, width), new NtkDense("d", width, 1)]), new LogisticLoss(), classes: 2);
    }

    [TestMethod]
    public void ForwardBackward_EveryLayer_SameBitsHoweverRowsAreShared()
    {
        Check(Dense(48, new Dropout("b", 48, 0.3f), 1), new SquaredError());
        Check(Dense(48, new LayerNorm("b", 48), 1), new SquaredError());
        Check(Dense(48, new Scaling("b", 48), 1), new SquaredError());
        Check(Dense(48, new Residual("b", [new Dense("c", 48, 24), new Activation("d", 24, ActivationFunction.Silu), new Dense("e", 24, 48)]), 1), new SquaredError());
        Check(new Network([new LayerNorm("a", 28), new Dense("b", 28, 200), new Dense("c", 200, 1)]), new HuberLoss());
        Check(new Network([new Dense("a", 28, 64), new Standardization("b", 64), new RobustScaling("c", 64), new Dense("d", 64, 1)]), new SquaredError());
        Check(new Network([new MissingIndicators("a", 28, [0, 1, 4]), new MissingValues("b", 31), new CategoricalEmbedding("c", 31, [new CategoricalColumn(4, 3, 4)]), new Dense("d", 34, 100), new Dense("e", 100, 1)]), new SquaredError());
        // These have equal halves.
        Check(new Network([new PeriodicEmbedding("a", 28, 4, 3), new Dense("b", 84, 40), new Dense("c", 40, 1)]), new SquaredError());
        Check(new Network([new NumericEmbedding("a", 28, [0, 2, 3], bins: 5, frequencies: 4, width: 3), new Dense("b", 37, 60), new Dense("c", 60, 1)]), new SquaredError());
        Check(Dense(48, new BatchNorm("b", 48), 1), new SquaredError());
        Check(new Network([new Dense("a", 28, 200), new Dense("b", 200, 1), new Dense("c", 1, 1)]), new SquaredError());
        Check(Dense(100, new EnsembleDense("b", 100, 30, 3, FansOut: true), 90, 1), new SquaredError());
        Check(new Network([new EnsembleDense("a", 28, 60, 3, FansOut: true), new ParametricActivation("b", 180, ActivationFunction.Mish), new EnsembleDense("c", 60, 2, 3, FansOut: false)]), new SoftmaxCrossEntropy(), classes: 2);
    }

    [TestMethod]
    public void ForwardBackward_EveryLoss_SameBitsHoweverRowsAreShared()
    {
        foreach (Loss loss in new Loss[] { new SquaredError(), new AbsoluteError(), new PoissonLoss(), new QuantileLoss(0.3) }) Check(Cases.Mlp(ActivationFunction.Relu, 28, 48, 1), loss);
        Check(Cases.Mlp(ActivationFunction.Relu, 28, 48, 5), new SoftmaxCrossEntropy(), classes: 5);
        Check(Cases.Mlp(ActivationFunction.Relu, 28, 48, 5), new SoftmaxCrossEntropy { LabelSmoothing = 0.1 }, classes: 5);
    }

    [TestMethod]
    public void ForwardBackward_HelperAsleep_ItsRowsAreDoneAnyway()
    {
        // A helper that must wake up first comes when the first half has long been computed.
        Network network = Cases.Mlp(ActivationFunction.Relu, 28, 16, 1);
        TrainingData data = Cases.Data(2000, 28);
        int[] rows = Cases.Rows(768, 2000);
        using CpuEngine expected = Engine(network, data, new SquaredError(), 0), engine = Engine(network, data, new SquaredError(), -128);
        for (int i = 0; i < 20; i++)
        {
            Thread.Sleep(3);
            Step(engine, rows, accumulate: false).Should().Be(Step(expected, rows, accumulate: false));
            engine.Gradients.ToArray().Should().Equal(expected.Gradients.ToArray());
        }
    }

    [TestMethod]
    [DataRow(128)]
    [DataRow(-128)]
    public void ForwardBackward_GivenRowsFail_ThrowsAndGoesOn(int given)
    {
        Network network = Cases.Mlp(ActivationFunction.Relu, 28, 48, 1);
        TrainingData data = Cases.Data(2000, 28);
        int[] rows = [.. Enumerable.Range(0, Rows)];
        // The first row of the part whose rows are given.
        var loss = new FailingLoss { Label = data.Labels.Span[given < 0 ? 0 : 520] };
        using CpuEngine engine = Engine(network, data, loss, given);
        for (int i = 0; i < 3; i++)
            engine.Invoking(e => Step(e, rows, accumulate: false)).Should().Throw<InvalidOperationException>().WithInnerException<FormatException>();
        loss.Label = float.NaN;
        Step(engine, rows, accumulate: false).Should().Be(Rows);
    }

    [TestMethod]
    public void TryReceive_InEveryOrder_RowsAreDoneOnce()
    {
        var handover = new Handover(members: 1);
        var gradient = new AlignedBuffer();
        gradient.Reserve(64);
        gradient.Span.Fill(3);
        double[] losses = new double[1];
        handover.Offer(1, 8, 64);
        handover.TryReceive(gradient, losses).Should().BeFalse("nobody has begun");
        handover.TryTake().Should().BeFalse("they are the part's own again");

        handover.Offer(1, 8, 64);
        handover.TryTake().Should().BeTrue();
        handover.TryTake().Should().BeFalse();
        var giver = new Thread(() =>
        {
            Thread.Sleep(20);
            handover.Give(gradient, [5.0]);
        });
        giver.Start();
        var received = new AlignedBuffer();
        received.Reserve(64);
        handover.TryReceive(received, losses).Should().BeTrue();
        giver.Join();
        received.Span.ToArray().Should().OnlyContain(x => x == 3);
        losses.Should().Equal(5.0);
        handover.Waited.Should().BePositive();
    }

    [TestMethod]
    public void RowsForTheFaster_SpeedsDiffer_EvensThemOut()
    {
        var balance = new Balance();
        balance.RowsForTheFaster(256, 8).Should().Be(0, "nothing is known yet");
        Measure(1000, 1300).Should().Be(16);
        Measure(1000, 1000, times: 100).Should().Be(0);
        Measure(1050, 1000, times: 100).Should().Be(0, "so little is not worth a handover");
        Measure(2000, 1000, times: 100).Should().Be(-40);
        Measure(1000, 1_000_000, times: 100).Should().Be(112, "two units stay");

        int Measure(long first, long second, int times = 1)
        {
            int given = 0;
            for (int i = 0; i < times; i++)
            {
                balance.Record(0, 128, first);
                balance.Record(1, 128, second);
                given = balance.RowsForTheFaster(256, 8);
            }
            return given;
        }
    }

    private static Network Dense(int width, Layer layer, int outputs) => new([new Dense("a", 28, width), layer, new Dense("z", layer.Outputs, outputs)]);

    private static Network Dense(int width, Layer layer, int between, int outputs) => new([new Dense("a", 28, width), layer, new Dense("z", between, outputs)]);

    private static void Check(Network network, Loss loss, int classes = 0, int labelColumns = 1)
    {
        TrainingData data = Cases.Data(2000, network.Inputs, classes, weighted: true, labelColumns);
        if (loss is PoissonLoss)
            foreach (ref float label in data.Labels.Span) label = MathF.Abs(label);
        int[] rows = Cases.Rows(Rows, 2000);
        using CpuEngine even = Engine(network, data, loss, 0);
        double once = Step(even, rows, accumulate: false);
        float[] gradient = even.Gradients.ToArray();
        double twice = Step(even, rows, accumulate: true);
        float[] sum = even.Gradients.ToArray();
        gradient.Should().Contain(x => x != 0).And.OnlyContain(x => float.IsFinite(x));
        foreach (int given in new[] { 8, 200, 10_000, -8, -296, -10_000 })
        {
            using CpuEngine engine = Engine(network, data, loss, given);
            for (int i = 0; i < 2; i++)
            {
                Step(engine, rows, accumulate: false).Should().Be(once, $"{network.Layers[1].GetType().Name}, {loss}, {given} rows");
                engine.Gradients.ToArray().Should().Equal(gradient, $"{network.Layers[1].GetType().Name}, {loss}, {given} rows");
            }
            Step(engine, rows, accumulate: true).Should().Be(twice);
            engine.Gradients.ToArray().Should().Equal(sum);
        }
    }

    private static CpuEngine Engine(Network network, TrainingData data, Loss loss, int given) =>
        Cases.WithWeights(new CpuEngine(network, loss, data, seed: 5, threads: 2, balance: new Balance(given)));

    private static double Step(CpuEngine engine, int[] rows, bool accumulate) => engine.ForwardBackward(rows, 1.0 / rows.Length, accumulate, new StepSettings(3));

    private sealed record FailingLoss : Loss
    {
        public float Label { get; set; }

        internal override LearningTask Task => LearningTask.Regression;

        internal override double Evaluate(ReadOnlySpan<float> outputs, ReadOnlySpan<float> label, Span<float> gradient)
        {
            gradient[0] = 1;
            return label[0] == Label ? throw new FormatException("no") : Rows;
        }
    }
}
