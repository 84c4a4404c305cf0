using CsCheck;
using Microsoft.ML.Trainers.Torch.Tabular;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.Trainers.Torch.Tests.Tabular;

[TestClass]
public sealed class ColumnSummaryTests
{
    [TestMethod]
    [DataRow(1, 0f)]
    [DataRow(11, 1f)]
    [DataRow(91, 1.8f)]
    public void IndicatorScale_FewRows_IsShrunk(int ones, float expected)
    {
        ColumnSummary.OfIndicator(ones, 1000).IndicatorScale.Should().BeApproximately(expected, 1e-6f);
        ColumnSummary.OfIndicator(1000 - ones, 1000).IndicatorScale.Should().BeApproximately(expected, 1e-6f, "the rarer of the two values counts");
    }

    [TestMethod]
    public void IndicatorScale_ConstantColumn_IsNothing() => ColumnSummary.OfIndicator(5, 5).IndicatorScale.Should().Be(0);

    [TestMethod]
    public void Of_RepeatsAndGaps_CountsKnownValuesInOrder()
    {
        ColumnSummary summary = ColumnSummary.Of([3, float.NaN, 1, 3, 2, float.NaN]);
        summary.Values.Should().Equal(1, 2, 3);
        summary.Counts.Should().Equal(1, 1, 2);
        summary.Median.Should().Be(2.5f);
    }

    [TestMethod]
    public void Of_NothingKnown_IsAConstantZero()
    {
        ColumnSummary summary = ColumnSummary.Of([float.NaN, float.NaN]);
        (summary.Median, summary.Scale, summary.IsNumeric, summary.IsIndicator).Should().Be((0f, 0f, false, false));
    }

    [TestMethod]
    [DataRow(new float[] { 0, 1, 2, 3, 4 }, 0.5f, "quartiles 1 and 3")]
    [DataRow(new float[] { 0, 0, 0, 0, 0, 0, 0, 10 }, 0.2f, "equal quartiles: 2 / range")]
    [DataRow(new float[] { 7, 7, 7 }, 0f, "constant")]
    public void Scale_EachCase_FollowsTheRule(float[] values, float expected, string name) =>
        ColumnSummary.Of(values).Scale.Should().BeApproximately(expected, 1e-6f, name);

    [TestMethod]
    public void Scale_HugeValues_LeavesScaledSquaresFinite()
    {
        ColumnSummary summary = ColumnSummary.Of([0, 1e-30f, 2e-30f, 3e-30f, 3e38f]);
        double largest = 3e38 * summary.Scale;
        ((float)(largest * largest)).Should().BeLessThan(float.PositiveInfinity);
    }

    [TestMethod]
    public void Edges_FewValues_AreTheValues() => ColumnSummary.Of([5, 1, 1, 9]).Edges(4).Should().Equal(1, 5, 9);

    [TestMethod]
    public void Edges_OneValueInMostRows_LeavesTheBinsToTheRest()
    {
        // 920 zeros and 80 distinct others: plain quantiles of 16 bins would leave the others one bin or two.
        float[] column = [.. Enumerable.Repeat(0f, 920), .. Enumerable.Range(1, 80).Select(i => (float)i)];
        ColumnSummary.Of(column).Edges(16).Length.Should().BeGreaterThanOrEqualTo(10);
    }

    [TestMethod]
    public void Edges_AnyColumn_AscendFromTheSmallestToTheLargest() =>
        Gen.Select(Gen.Int[-50, 50].Array[1, 300], Gen.Int[1, 40]).Sample((values, bins) =>
        {
            float[] edges = ColumnSummary.Of([.. values.Select(value => (float)value)]).Edges(bins);
            edges[0].Should().Be(values.Min());
            edges[^1].Should().Be(values.Max());
            edges.Length.Should().BeLessThanOrEqualTo(bins + 1);
            edges.Zip(edges.Skip(1)).All(pair => pair.First < pair.Second).Should().BeTrue();
        }, iter: 300);

    [TestMethod]
    public void Edges_ValuesTooCloseForABin_AreOne()
    {
        ColumnSummary.Of([0, 1e-40f, 2e-40f, 1]).Edges(8).Should().Equal(0, 1);
        float[] tiny = [.. Enumerable.Range(0, 300).Select(i => MathF.Exp(-0.4f * i))];
        float[] edges = ColumnSummary.Of(tiny).Edges(16);
        edges.Zip(edges.Skip(1), (from, to) => 1 / (to - from)).Should().OnlyContain(inverse => float.IsFinite(inverse) && inverse > 0);
    }
}
