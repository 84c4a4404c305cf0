using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Engines;
using Microsoft.ML.Trainers.Torch.Engines.Cpu;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.Trainers.Torch.Tests.Engines.Cpu;

/// <summary>Each kind of layer, with something that learns in front of it and behind it.</summary>
[TestClass]
public sealed class LayerGradientTests
{
    private const int Features = 4;

    [TestMethod]
    [DataRow(1)]
    [DataRow(3)]
    [DataRow(20)]
    public void NtkDense_AnyNumberOfOutputs_GivesTheGradient(int size)
    {
        Run(new NtkDense("a", Features, size), new Activation("b", size, ActivationFunction.Relu), new NtkDense("c", size, 2));
        Run(new NtkDense("a", Features, 7), new Activation("b", 7, ActivationFunction.Silu), new NtkDense("c", 7, size));
    }

    [TestMethod]
    [DataRow(1, 2)]
    [DataRow(3, 5)]
    [DataRow(17, 20)]
    public void EnsembleDense_InFrontBetweenAndBehind_GivesTheGradient(int outputs, int units)
    {
        Run(new EnsembleDense("a", Features, units, 3, FansOut: true), new Activation("b", 3 * units, ActivationFunction.Silu), new EnsembleDense("c", units, 4, 3, FansOut: false), new Dense("d", 12, outputs));
        Run(new Dense("a", Features, 5), new EnsembleDense("b", 5, units, 2, FansOut: true), new Activation("c", 2 * units, ActivationFunction.Tanh), new Dense("d", 2 * units, outputs));
    }

    [TestMethod]
    public void EnsembleDense_LastLayer_GivesTheGradientOfTheMeanLoss()
    {
        Layer[] layers = [new EnsembleDense("a", Features, 7, 3, FansOut: true), new ParametricActivation("b", 21, ActivationFunction.Mish)];
        GradientCheck.Run(new Network([.. layers, new EnsembleDense("c", 7, 1, 3, FansOut: false)]), new SquaredError(), Cases.Data(40, Features, weighted: true), count: 300);
        GradientCheck.Run(new Network([.. layers, new EnsembleDense("c", 7, 3, 3, FansOut: false)]), new SoftmaxCrossEntropy(), Cases.Data(40, Features, classes: 3));
    }

    [TestMethod]
    public void ParametricActivation_EveryFunction_GivesTheGradient()
    {
        foreach (ActivationFunction function in Enum.GetValues<ActivationFunction>())
        {
            Run(new Dense("a", Features, 19), new ParametricActivation("b", 19, function), new Dense("c", 19, 2));
            Run(new Dense("a", Features, 1), new ParametricActivation("b", 1, function), new Dense("c", 1, 2));
        }
    }

    [TestMethod]
    public void Dropout_HalfTheScheduledRate_GivesTheGradient()
    {
        Run(new Dense("a", Features, 19), new Dropout("b", 19, 0.6f), new Dense("c", 19, 2), new Dropout("d", 2, 0.2f));
        Run(new Dense("a", Features, 19), new Activation("b", 19, ActivationFunction.Relu), new Dropout("c", 19, 0f), new Activation("d", 19, ActivationFunction.Sigmoid), new Dense("e", 19, 2));
    }

    [TestMethod]
    [DataRow(2)]
    [DataRow(17)]
    public void Norms_AnySize_GiveTheGradient(int size)
    {
        Run(new Dense("a", Features, size), new LayerNorm("b", size), new Dense("c", size, 2));
        Run(new Dense("a", Features, size), new BatchNorm("b", size), new Dense("c", size, 2));
        Run(new LayerNorm("b", Features), new Activation("c", Features, ActivationFunction.Tanh), new Dense("d", Features, 1));
        Run(new BatchNorm("b", Features), new Activation("c", Features, ActivationFunction.Tanh), new Dense("d", Features, 1));
    }

    [TestMethod]
    public void BatchNorm_LargeBatch_SeesItWhole() =>
        GradientCheck.Run(
            new Network([new Dense("a", 3, 5), new BatchNorm("b", 5), new Activation("c", 5, ActivationFunction.Relu), new Dense("d", 5, 1)]),
            new SquaredError(), Cases.Data(700, 3), count: 600, Fit, tolerance: 5e-6);

    [TestMethod]
    public void BatchNorm_TwoBatches_MovesTheRunningStatistics()
    {
        var network = new Network([new BatchNorm("n", 1), new Dense("d", 1, 1)]);
        TrainingData data = Cases.Data(4, 1);
        new float[] { 1, 3, 5, 9 }.CopyTo(data.Features);
        using var engine = new CpuEngine(network, new SquaredError(), data);
        network.Layout["n.running_var"].In(engine.Weights.Span).Fill(1);
        engine.ForwardBackward([0, 1], 1, accumulate: false, new StepSettings(0));
        engine.ForwardBackward([2, 3], 1, accumulate: false, new StepSettings(1));

        network.Layout["n.running_mean"].In(engine.Weights.Span)[0].Should().BeApproximately(0.9f * (0.1f * 2) + 0.1f * 7, 1e-6f);
        network.Layout["n.running_var"].In(engine.Weights.Span)[0].Should().BeApproximately(0.9f * (0.9f + 0.1f * 2) + 0.1f * 8, 1e-5f);
    }

    [TestMethod]
    public void Scalings_InFrontAndBetween_GiveTheGradient()
    {
        Run(new Scaling("a", Features), new Dense("b", Features, 5), new Scaling("c", 5), new Dense("d", 5, 2));
        Run(new Standardization("a", Features), new Dense("b", Features, 5), new Standardization("c", 5), new Dense("d", 5, 2));
        Run(new RobustScaling("a", Features), new Dense("b", Features, 5), new RobustScaling("c", 5), new Dense("d", 5, 2));
        Run(new Dense("a", Features, 1), new Scaling("b", 1), new RobustScaling("c", 1), new Dense("d", 1, 1));
    }

    [TestMethod]
    public void MissingValues_SomeNaN_AreReplacedAndLearnNothing()
    {
        TrainingData data = Cases.Data(40, Features);
        for (int i = 0; i < 40; i += 3) data.Features.Span[i * Features + i % Features] = float.NaN;
        GradientCheck.Run(new Network([new MissingValues("m", Features), new Scaling("s", Features), new Dense("d", Features, 1)]), new SquaredError(), data, fit: Fit);
        Run(new Scaling("s", Features), new MissingValues("m", Features), new Dense("d", Features, 1));
    }

    [TestMethod]
    public void MissingIndicators_SomeNaN_AreNumbersThatTheNextLayerLearnsFrom()
    {
        TrainingData data = Cases.Data(40, Features);
        for (int i = 0; i < 40; i += 3) data.Features.Span[i * Features + i % Features] = float.NaN;
        GradientCheck.Run(
            new Network([new MissingIndicators("i", Features, [1, 3]), new MissingValues("m", 6), new Scaling("s", 6), new Dense("d", 6, 1)]), new SquaredError(), data, fit: Fit);
        Run(new Scaling("s", Features), new MissingIndicators("i", Features, [0, 2]), new Dense("d", 6, 1));
    }

    [TestMethod]
    public void Residual_Nested_GivesTheGradient()
    {
        Residual inner = new("r.1", [new Activation("r.1.0", 6, ActivationFunction.Selu), new Dense("r.1.1", 6, 6)]);
        Residual outer = new("r", [new LayerNorm("r.0", 6), inner, new Activation("r.2", 6, ActivationFunction.Relu), new Dropout("r.3", 6, 0.3f)]);
        Run(new Dense("a", Features, 6), outer, new Dense("c", 6, 2));
        Run(new Residual("r", [new Dense("x", Features, 9), new Activation("y", 9, ActivationFunction.Relu), new Dense("z", 9, Features)]), new Dense("c", Features, 1));
        Run(new Dense("a", Features, 6), new Activation("b", 6, ActivationFunction.Relu), new Residual("r", [new Activation("r.0", 6, ActivationFunction.Sigmoid)]), new Dense("c", 6, 2));
    }

    [TestMethod]
    public void CategoricalEmbedding_KnownAndUnknownCodes_GivesTheGradient()
    {
        TrainingData data = Cases.Data(40, Features);
        for (int i = 0; i < 40; i++)
        {
            data.Features.Span[i * Features + 1] = i % 6;
            data.Features.Span[i * Features + 3] = i % 7 == 0 ? float.NaN : i % 5 - 1;
        }
        var embedding = new CategoricalEmbedding("e", Features, [new CategoricalColumn(1, 4, 3), new CategoricalColumn(3, 2, 2)]);
        GradientCheck.Run(new Network([embedding, new Dense("d", embedding.Outputs, 2)]), new SquaredError(), WithTwoLabels(data));
    }

    [TestMethod]
    public void PeriodicEmbedding_InFrontAndBehind_GivesTheGradient()
    {
        Run(new PeriodicEmbedding("e", Features, 5, 3), new Dense("d", 12, 2));
        Run(new Dense("a", Features, 3), new PeriodicEmbedding("e", 3, 17, 2), new Dense("d", 6, 2));
    }

    [TestMethod]
    [DataRow(6, 0, 7)]
    [DataRow(0, 4, 3)]
    [DataRow(9, 16, 7)]
    [DataRow(2, 17, 3)]
    public void NumericEmbedding_BinsAndFrequencies_GivesTheGradient(int bins, int frequencies, int width)
    {
        var front = new NumericEmbedding("e", Features, [0, 2, 3], bins, frequencies, width);
        Run(front, new Dense("d", front.Outputs, 2));
        var behind = new NumericEmbedding("e", 3, [1, 2], bins, frequencies, width);
        Run(new Dense("a", Features, 3), behind, new Dense("d", behind.Outputs, 2));
    }

    [TestMethod]
    public void CategoricalEmbedding_BehindALayerThatLearns_PassesTheOtherColumnsBack()
    {
        var embedding = new CategoricalEmbedding("e", Features, [new CategoricalColumn(2, 3, 2)]);
        TrainingData data = Cases.Data(30, Features, labelColumns: 2);
        for (int i = 0; i < 30; i++) data.Features.Span[i * Features + 2] = 1 + i % 3;
        // The code's own factor has no gradient: it stays 1, so that codes are codes.
        GradientCheck.Run(new Network([new Scaling("s", Features), embedding, new Dense("d", embedding.Outputs, 2)]), new SquaredError(), data,
            fit: (network, weights) => network.Layout["s.weight"].In(weights.AsSpan())[2] = 1);
    }

    private static TrainingData WithTwoLabels(TrainingData data) =>
        data with { Labels = Cases.Data(data.Rows, 1, labelColumns: 2).Labels, LabelColumns = 2 };

    private static void Run(params Layer[] layers)
    {
        var network = new Network(layers);
        TrainingData data = Cases.Data(40, network.Inputs, labelColumns: network.Outputs, weighted: true);
        GradientCheck.Run(network, new SquaredError(), data, fit: Fit, tolerance: 5e-6);
    }

    /// <summary>Buffers that make sense: positive scales and variances, ascending edges with two equal ones.</summary>
    private static void Fit(Network network, float[] weights)
    {
        foreach (ParameterSlot slot in network.Layout)
        {
            Span<float> values = slot.In(weights.AsSpan());
            if (slot.Spec.Name.EndsWith(".running_var", StringComparison.Ordinal) || slot.Spec.Name.EndsWith(".scale", StringComparison.Ordinal))
                foreach (ref float value in values) value = 0.5f + Math.Abs(value);
            if (!slot.Spec.Name.EndsWith(".edges", StringComparison.Ordinal)) continue;
            int edges = slot.Spec.Shape[1];
            for (int i = 0; i < values.Length; i += edges)
            {
                Span<float> row = values.Slice(i, edges);
                for (int j = 0; j < edges; j++) row[j] = -0.71f + 1.3f * j / edges + 0.01f * i;
                row[^1] = row[^2];
            }
        }
    }
}
