using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Tests.Engines.Cpu;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.Trainers.Torch.Tests.Engines;

/// <summary>
/// Every task and loss on every kind of network: the managed engine's gradient equals finite differences of the network written down naively in doubles,
/// and fifty steps of either engine end at the same weights.
/// </summary>
[TestClass]
public sealed class EngineMatrixTests
{
    private const int Inputs = 5;

    public static IEnumerable<object[]> OneLossPerTask() =>
    [
        ["Huber", new HuberLoss(0.4), 0, 2],
        ["focal, binary", new FocalLoss(), 2, 1],
        ["softmax, smoothed", new SoftmaxCrossEntropy { LabelSmoothing = 0.1 }, 3, 3],
    ];

    public static IEnumerable<object[]> OtherLosses() =>
    [
        ["squared", new SquaredError(), 0, 2],
        ["absolute", new AbsoluteError(), 0, 1],
        ["log-cosh", new LogCoshLoss(), 0, 1],
        ["quantiles", new QuantileLoss(0.1, 0.5, 0.8), 0, 3],
        ["Poisson", new PoissonLoss(), -1, 1],
        ["Gamma", new GammaLoss(), -1, 1],
        ["Tweedie", new TweedieLoss(1.4), -1, 1],
        ["logistic", new LogisticLoss(), 2, 1],
        ["hinge", new HingeLoss(), 2, 1],
        ["softmax", new SoftmaxCrossEntropy(), 3, 3],
        ["focal, multiclass", new FocalLoss(1.5), 3, 3],
    ];

    [TestMethod]
    [DynamicData(nameof(OneLossPerTask))]
    public void OneLossPerTask_EveryNetwork_GivesTheGradientAndTheSameWeightsOnBothEngines(string name, Loss loss, int classes, int outputs) => Check(name, loss, classes, outputs);

    [TestMethod]
    [TestCategory("Slow")]
    [DynamicData(nameof(OtherLosses))]
    public void OtherLosses_EveryNetwork_GiveTheGradientAndTheSameWeightsOnBothEngines(string name, Loss loss, int classes, int outputs) => Check(name, loss, classes, outputs);

    private static void Check(string name, Loss loss, int classes, int outputs)
    {
        name.Should().NotBeEmpty();
        foreach ((Network network, bool hasFront) in Networks(outputs))
        {
            TrainingData data = Data(loss, classes, outputs, hasFront);
            GradientCheck.Run(network, loss, data, count: 9, Fit, tolerance: 1e-5);
            TorchAgreementTests.Check(network, loss, data);
        }
    }

    private static IEnumerable<(Network Network, bool HasFront)> Networks(int outputs)
    {
        yield return (new Network([new Dense("output", Inputs, outputs)]), false);
        yield return (Cases.Mlp(ActivationFunction.Relu, Inputs, 9, outputs), false);
        yield return (
            new Network(
            [
                new NtkDense("layers.0", Inputs, 8), new BatchNorm("layers.0.norm", 8), new ParametricActivation("layers.0.activation", 8, ActivationFunction.Mish), new Dropout("layers.0.dropout", 8, 0.2f),
                new Residual("layers.1", [new LayerNorm("layers.1.norm", 8), new Dense("layers.1", 8, 8), new Activation("layers.1.activation", 8, ActivationFunction.Silu)]),
                new Dense("output", 8, outputs),
            ]),
            false);
        yield return (
            new Network(
            [
                new MissingIndicators("indicators", Inputs, [0, 3]), new MissingValues("missing", 7), new CategoricalEmbedding("categories", 7, [new CategoricalColumn(2, 4, 3)]),
                new NumericEmbedding("encoding", 9, [0, 1], bins: 3, frequencies: 2, width: 3), new Dense("layers.0", 15, 6), new ParametricActivation("layers.0.activation", 6, ActivationFunction.Gelu),
                new Dense("output", 6, outputs),
            ]),
            true);
    }

    private static TrainingData Data(Loss loss, int classes, int outputs, bool hasFront)
    {
        int labels = classes == 0 && loss is not QuantileLoss ? outputs : 1;
        TrainingData data = Cases.Data(200, Inputs, Math.Max(0, classes), weighted: true, labelColumns: labels);
        if (classes < 0)
            foreach (ref float label in data.Labels.Span) label = 0.1f + Math.Abs(label);
        if (!hasFront) return data;
        for (int row = 0; row < data.Rows; row++)
        {
            data.Features.Span[row * Inputs + 2] = row % 6 - 1;
            if (row % 3 == 0) data.Features.Span[row * Inputs + row % 5] = float.NaN;
        }
        return data;
    }

    private static void Fit(Network network, float[] weights)
    {
        foreach (ParameterSlot slot in network.Layout)
        {
            Span<float> values = slot.In(weights.AsSpan());
            if (slot.Spec.Name.EndsWith(".running_var", StringComparison.Ordinal) || slot.Spec.Name.EndsWith(".scale", StringComparison.Ordinal))
                foreach (ref float value in values) value = 0.5f + Math.Abs(value);
            if (slot.Spec.Name.EndsWith(".edges", StringComparison.Ordinal))
                for (int i = 0; i < values.Length; i++) values[i] = -0.7123f + 1.4f * (i % slot.Spec.Shape[1]) / slot.Spec.Shape[1];
        }
    }
}
