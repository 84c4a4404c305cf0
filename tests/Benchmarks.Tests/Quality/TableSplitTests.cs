using Microsoft.VisualStudio.TestTools.UnitTesting;
using MlNetLr.Benchmarks.Quality;

namespace Benchmarks.Tests.Quality;

[TestClass]
public sealed class TableSplitTests
{
    [TestMethod]
    [DataRow(0.001, 1)]
    [DataRow(0.2, 4)]
    [DataRow(0.999, 19)]
    public void Draw_AnyFraction_LeavesEachRowOnOneSide(double fraction, int tested)
    {
        TableFile all = MadeUp.Table("x y\n" + string.Join('\n', Enumerable.Range(0, 20).Select(i => $"{i} {i}")));
        (TableFile train, TableFile test) = TableSplit.Draw(all, 1, TableTask.Regression, fraction, seed: 3);
        test.Rows.Should().HaveCount(tested);
        train.Rows.Concat(test.Rows).Should().BeEquivalentTo(all.Rows);
    }

    [TestMethod]
    public void Draw_RareClass_IsOnBothSidesOfABinarySplit()
    {
        TableFile all = MadeUp.Table("x y\n" + string.Join('\n', Enumerable.Range(0, 40).Select(i => $"{i} {(i is 7 or 9 ? "rare" : "often")}")));
        for (int seed = 1; seed < 20; seed++)
        {
            (TableFile train, TableFile test) = TableSplit.Draw(all, 1, TableTask.Binary, 0.2, seed);
            train.Rows.Should().ContainSingle(row => row[1] == "rare");
            test.Rows.Should().ContainSingle(row => row[1] == "rare");
        }
    }

    [TestMethod]
    public void Draw_ClassOfOneRow_SaysWhatToDo() =>
        ((Action)(() => TableSplit.Draw(MadeUp.Table("x y\n1 a\n2 b\n3 b\n4 b"), 1, TableTask.Binary, 0.5, 1))).Should().Throw<ArgumentException>().WithMessage("*both have both classes*rarest class has 1*--split*");

    [TestMethod]
    public void Draw_OneRow_SaysSo() =>
        ((Action)(() => TableSplit.Draw(MadeUp.Table("x y\n1 2"), 1, TableTask.Regression, 0.5, 1))).Should().Throw<ArgumentException>().WithMessage("*at least two rows with a label but has 1*");
}
