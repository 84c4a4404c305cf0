using Microsoft.ML.Trainers.Torch.Engines;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.Trainers.Torch.Tests.Engines;

[TestClass]
public sealed class DropoutMaskTests
{
    [TestMethod]
    [DataRow(256)]
    [DataRow(37)]
    [DataRow(1)]
    public void Fill_AnyWidth_DropsTheRateInEveryColumn(int width)
    {
        const int Rows = 20_000;
        float[] mask = Fill(width, 0, Rows, step: 3);
        for (int column = 0; column < width; column += Math.Max(1, width / 7))
        {
            int dropped = Enumerable.Range(0, Rows).Count(row => mask[row * width + column] == 0);
            (dropped / (double)Rows).Should().BeApproximately(0.15, 0.012);
        }
        mask.Should().OnlyContain(value => value == 0 || Math.Abs(value - 1 / 0.85f) < 1e-6f);
    }

    [TestMethod]
    public void Fill_RowsInTwoParts_AreTheSameRows() =>
        Fill(50, 0, 30, step: 3).Should().Equal([.. Fill(50, 0, 11, step: 3), .. Fill(50, 11, 19, step: 3)]);

    [TestMethod]
    public void Fill_NeighbouringColumnsRowsAndSteps_AreIndependent()
    {
        float[] one = Fill(256, 0, 400, step: 3), next = Fill(256, 0, 400, step: 4);
        double Agree(IEnumerable<(float, float)> pairs) => pairs.Average(pair => (pair.Item1 == 0) == (pair.Item2 == 0) ? 1.0 : 0);
        double chance = 0.15 * 0.15 + 0.85 * 0.85;
        Agree(one.Zip(next)).Should().BeApproximately(chance, 0.006);
        Agree(one.Zip(one.Skip(1))).Should().BeApproximately(chance, 0.006);
        Agree(one.Zip(one.Skip(128))).Should().BeApproximately(chance, 0.006);
        Agree(one.Zip(one.Skip(256))).Should().BeApproximately(chance, 0.006);
    }

    private static float[] Fill(int width, long firstRow, int rows, long step)
    {
        float[] mask = new float[rows * width];
        DropoutMask.Fill(mask, width, width, firstRow, rows, 0.15f, seed: 11, step, layer: 2);
        return mask;
    }
}
