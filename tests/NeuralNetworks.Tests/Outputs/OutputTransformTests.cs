using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace NeuralNetworks.Tests.Outputs;

[TestClass]
public sealed class OutputTransformTests
{
    private static float[] Apply(OutputTransform output, int predictions, int networks, params float[] raw)
    {
        float[] prediction = new float[predictions];
        output.Apply(raw, networks, prediction);
        return prediction;
    }

    [TestMethod]
    public void Apply_Linear_UndoesStandardisationAndClamps()
    {
        var output = new LinearOutput(10, 5) { Minimum = 0, Maximum = 20 };

        Apply(output, 1, 1, 1).Should().Equal(15);
        Apply(output, 1, 1, -1).Should().Equal(0);
        Apply(output, 1, 1, 100).Should().Equal(20);
        Apply(output, 1, 2, 1, 100).Should().Equal(17.5f);
    }

    [TestMethod]
    public void ToString_Linear_ShowsTheNumbersAndOfManyTheFirst()
    {
        new LinearOutput(1.5f, -2) { Minimum = 0 }.ToString().Should().Be("LinearOutput { Scale = 1.5, Shift = -2, Minimum = 0, Maximum = Infinity, Ascending = False }");
        new LinearOutput(new float[6], [1, 2, 3, 4, 5, 6]).ToString().Should().Contain("Shift = 1, 2, 3, 4, ... (6 in all),");
    }

    [TestMethod]
    [DataRow("linear", 1, 1)]
    [DataRow("linear", 1, 3)]
    [DataRow("quantiles", 3, 1)]
    [DataRow("quantiles", 3, 2)]
    [DataRow("two outputs", 1, 2)]
    [DataRow("classes", 3, 2)]
    [DataRow("counts", 2, 2)]
    public void Apply_ManyRows_IsEachRowByItself(string kind, int predictions, int networks)
    {
        OutputTransform output = kind switch
        {
            "linear" => new LinearOutput(3, -1) { Minimum = -2, Maximum = 1.5f },
            "quantiles" => new LinearOutput([1, 2, 3], [0, 1, -1]) { Ascending = true },
            "two outputs" => new LogisticOutput(TwoOutputs: true),
            "classes" => new SoftmaxOutput(),
            _ => new ExponentialOutput(2),
        };
        const int Rows = 37, Gap = 4;
        int outputs = networks * output.NetworkOutputs(predictions), stride = outputs + Gap;
        float[] raw = [.. Enumerable.Range(0, Rows * stride).Select(i => MathF.Sin(i))];
        if (kind == "linear") (raw[stride], raw[20 * stride], raw[36 * stride]) = (float.NaN, float.NegativeInfinity, float.PositiveInfinity);
        float[] expected = [.. Enumerable.Range(0, Rows).SelectMany(row => Apply(output, predictions, networks, raw[(row * stride)..(row * stride + outputs)]))];

        float[] together = new float[Rows * predictions];
        output.Apply(raw, stride, networks, together, Rows);

        together.Should().Equal(expected);
    }

    [TestMethod]
    public void Apply_LinearOfNaN_IsNaN() => Apply(new LinearOutput { Minimum = 0, Maximum = 1 }, 1, 1, float.NaN).Should().Equal(float.NaN);

    [TestMethod]
    public void Apply_AscendingQuantiles_DoNotCross() =>
        Apply(new LinearOutput([1, 1, 1], [0, 0, 0]) { Ascending = true }, 3, 1, 2, 1, 3).Should().Equal(1, 2, 3);

    [TestMethod]
    public void Apply_Exponential_IsPositiveAndFinite()
    {
        Apply(new ExponentialOutput(), 2, 1, 0, MathF.Log(5))[1].Should().BeApproximately(5, 1e-5f);
        Apply(new ExponentialOutput(), 1, 1, 1000).Should().Equal(float.MaxValue);
        Apply(new ExponentialOutput(), 1, 2, 0, MathF.Log(3))[0].Should().BeApproximately(2, 1e-6f);
    }

    [TestMethod]
    [DataRow(-1.0, 0.0)]
    [DataRow(-0.3, 2.0)]
    [DataRow(4.0, -1.0)]
    public void Apply_LogisticBounded_ProbabilityIsNeverZeroOrOne(double slope, double offset)
    {
        LogisticOutput output = new LogisticOutput().BoundedFor(slope, offset);
        foreach (float raw in new[] { float.MinValue, -1e4f, -90, -20, 0, 1, 16, 17, 20, 100, 1e4f, float.MaxValue })
        {
            float score = Apply(output, 1, 1, raw)[0];
            // As ML.NET's calibrator does it.
            float probability = (float)(1 / (1 + Math.Exp(slope * score + offset)));
            probability.Should().BeInRange(1e-38f, MathF.BitDecrement(1));
            if (MathF.Abs(raw) < 2) score.Should().Be(raw);
        }
        Apply(output, 1, 2, 1e4f, 2e4f)[0].Should().BeInRange(output.Minimum, output.Maximum, "a mean of networks is bounded too");
        new LogisticOutput().BoundedFor(slope: 0).Should().Be(new LogisticOutput());
    }

    [TestMethod]
    public void Apply_LogisticOfTwoOutputs_IsTheirDifference() => Apply(new LogisticOutput(TwoOutputs: true), 1, 1, 1, 3.5f).Should().Equal(2.5f);

    [TestMethod]
    [DataRow(0f, 2f)]
    [DataRow(-3f, 30f)]
    [DataRow(200f, 300f)]
    [DataRow(-200f, -90f)]
    [DataRow(5000f, 5000f)]
    public void Apply_LogisticOfTwoNetworks_IsTheLogOddsOfTheMeanProbability(float first, float second)
    {
        float score = Apply(new LogisticOutput(), 1, 2, first, second)[0];

        double Probability(double s) => 1 / (1 + Math.Exp(-s));
        double a = Math.Clamp(first, -700, 700), b = Math.Clamp(second, -700, 700);
        double expected = Math.Log(Probability(a) + Probability(b)) - Math.Log(Probability(-a) + Probability(-b));
        ((double)score).Should().BeApproximately(expected, 1e-5 * Math.Max(1, Math.Abs(expected)));
        float.IsFinite(score).Should().BeTrue();
    }

    [TestMethod]
    public void Apply_Softmax_SumsToOneEvenIfHuge()
    {
        float[] probabilities = Apply(new SoftmaxOutput(), 3, 1, 1000, 1001, 900);

        probabilities.Sum().Should().BeApproximately(1, 1e-6f);
        (probabilities[1] / probabilities[0]).Should().BeApproximately(MathF.E, 1e-4f);
        Apply(new SoftmaxOutput(), 2, 2, 0, 0, 100, 0).Should().Equal(0.75f, 0.25f);
    }

    [TestMethod]
    public void FittedNetwork_TransformOfOtherSize_IsRefused()
    {
        Network network = Networks.Mlp(ActivationFunction.Relu, 2, 3);

        FluentActions.Invoking(() => new FittedNetwork(network, Networks.Weights(network), new LinearOutput()))
            .Should().Throw<ArgumentException>().WithMessage("scale must have one value for each of the 3 outputs*");
        FluentActions.Invoking(() => new FittedNetwork(network, Networks.Weights(network), new LogisticOutput()))
            .Should().Throw<ArgumentException>().WithMessage("The network must have 1 outputs but had 3.*");
    }

    [TestMethod]
    public void FittedNetwork_NaNWeight_IsRefusedByName()
    {
        Network network = Networks.Mlp(ActivationFunction.Relu, 2, 3);
        float[] weights = Networks.Weights(network);
        weights[network.Layout["output.bias"].Offset + 1] = float.NaN;

        FluentActions.Invoking(() => new FittedNetwork(network, weights, new SoftmaxOutput()))
            .Should().Throw<ArgumentException>().WithMessage("Parameter 'output.bias' must be finite but value 1 was NaN.*");
    }

    [TestMethod]
    public void FittedNetwork_WeightsChangedLater_KeepsItsCopy()
    {
        Network network = Networks.Mlp(ActivationFunction.Relu, 2, 3);
        float[] weights = Networks.Weights(network);
        float before = weights[0];
        var fitted = new FittedNetwork(network, weights, new SoftmaxOutput());

        weights[0] = 99;

        fitted.Weights()[0].Should().Be(before);
    }

    [TestMethod]
    public void LinearOutput_InfiniteShift_IsRefused() =>
        FluentActions.Invoking(() => new LinearOutput(1, float.NaN)).Should().Throw<ArgumentException>().WithMessage("shift must be finite but was NaN.*");
}
