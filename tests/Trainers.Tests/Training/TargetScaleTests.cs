using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Training;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Trainers.Tests.Training;

[TestClass]
public sealed class TargetScaleTests
{
    [TestMethod]
    public void Of_Weights_CountAsRepeats()
    {
        TargetScale weighted = Of(Data([1, 5, 9], [2, 0, 1]));
        TargetScale repeated = Of(Data([1, 1, 9], []));
        weighted.Shift[0].Should().BeApproximately(repeated.Shift[0], 1e-6f);
        weighted.Scale[0].Should().BeApproximately(repeated.Scale[0], 1e-6f);
    }

    [TestMethod]
    public void Of_LargeOffset_KeepsTheDeviation()
    {
        TargetScale scale = Of(Data([1_000_000, 1_000_001, 1_000_002], []));
        scale.Scale[0].Should().BeApproximately(MathF.Sqrt(2f / 3), 1e-6f);
    }

    [TestMethod]
    public void Of_ConstantTarget_DividesByOne() => Of(Data([4, 4], [])).Scale[0].Should().Be(1);

    [TestMethod]
    public void Apply_Targets_MeanZeroDeviationOne()
    {
        TrainingData data = Data([1, 2, 3, 4, 10], []);
        Of(data).Apply(data);
        data.Labels.ToArray().Average().Should().BeApproximately(0, 1e-6f);
        data.Labels.ToArray().Select(y => y * y).Average().Should().BeApproximately(1, 1e-6f);
    }

    [TestMethod]
    public void Of_LogLink_DividesByTheMean()
    {
        TrainingData data = Data([1, 2, 6], []);
        TargetScale scale = TargetScale.Of(data, new PoissonLoss());
        scale.Apply(data);
        data.Labels.ToArray().Should().Equal(1f / 3, 2f / 3, 2);
        scale.ToOutput(1, ascending: false).Should().Be(new Microsoft.ML.NeuralNetworks.ExponentialOutput(3));
    }

    [TestMethod]
    [DataRow(-1f, "at least 0")]
    public void Of_LogLinkNegativeLabel_NamesTheRow(float label, string rule) =>
        FluentActions.Invoking(() => TargetScale.Of(Data([1, 2, label], []), new PoissonLoss())).Should().Throw<InvalidOperationException>().WithMessage($"*{rule}*row 2*");

    [TestMethod]
    [DataRow(1)]
    [DataRow(4)]
    [DataRow(1003)]
    public void OfAndApply_ManyRows_SameBitsAsRowByRow(int rows)
    {
        var random = new Random(5);
        float[] labels = [.. Enumerable.Range(0, rows).Select(_ => 1000 + (float)random.NextDouble())];
        double Mean(Func<double, double> term)
        {
            double[] sums = new double[4];
            for (int row = 0; row < rows; row++) sums[row & 3] += term(labels[row]);
            return (sums[0] + sums[1] + sums[2] + sums[3]) / rows;
        }
        double mean = Mean(label => label), deviation = Math.Sqrt(Mean(label => (label - mean) * (label - mean)));
        float shift = (float)mean, by = deviation > 0 ? (float)deviation : 1;
        float[] expected = [.. labels.Select(label => (label - shift) / by)];

        TrainingData data = Data(labels, []);
        TargetScale scale = Of(data);
        scale.Shift.Should().Equal(shift);
        scale.Scale.Should().Equal(by);
        scale.Apply(data);
        data.Labels.ToArray().Should().Equal(expected);
    }

    private static TargetScale Of(TrainingData data) => TargetScale.Of(data, new SquaredError());

    private static TrainingData Data(float[] labels, float[] weights) => new(labels.Length, 1, new float[labels.Length], labels, weights);
}
