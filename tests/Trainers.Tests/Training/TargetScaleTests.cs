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
        TargetScale weighted = TargetScale.Of(Data([1, 5, 9], [2, 0, 1]));
        TargetScale repeated = TargetScale.Of(Data([1, 1, 9], []));
        weighted.Mean[0].Should().BeApproximately(repeated.Mean[0], 1e-6f);
        weighted.Deviation[0].Should().BeApproximately(repeated.Deviation[0], 1e-6f);
    }

    [TestMethod]
    public void Of_LargeOffset_KeepsTheDeviation()
    {
        TargetScale scale = TargetScale.Of(Data([1_000_000, 1_000_001, 1_000_002], []));
        scale.Deviation[0].Should().BeApproximately(MathF.Sqrt(2f / 3), 1e-6f);
    }

    [TestMethod]
    public void Of_ConstantTarget_DividesByOne() => TargetScale.Of(Data([4, 4], [])).Deviation[0].Should().Be(1);

    [TestMethod]
    public void Standardise_Targets_MeanZeroDeviationOne()
    {
        TrainingData data = Data([1, 2, 3, 4, 10], []);
        TargetScale.Of(data).Standardise(data);
        data.Labels.ToArray().Average().Should().BeApproximately(0, 1e-6f);
        data.Labels.ToArray().Select(y => y * y).Average().Should().BeApproximately(1, 1e-6f);
    }

    private static TrainingData Data(float[] labels, float[] weights) => new(labels.Length, 1, new float[labels.Length], labels, weights);
}
