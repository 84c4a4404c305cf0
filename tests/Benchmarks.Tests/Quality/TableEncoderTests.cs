using Microsoft.VisualStudio.TestTools.UnitTesting;
using MlNetLr.Benchmarks.Quality;

namespace Benchmarks.Tests.Quality;

[TestClass]
public sealed class TableEncoderTests
{
    private readonly List<string> notes = [];

    /// <summary>Every value of the tested rows that could reach the encoding is another one than in the training rows.</summary>
    [TestMethod]
    public void Rows_OfTheTest_AreEncodedByTheTrainingRowsAlone()
    {
        TableFile train = MadeUp.Table("n c y\n1 red a\n? blue b\n3 red b"), test = MadeUp.Table("n c y\nword green a\n900 red b\n5 blue other");
        var encoder = new TableEncoder(train, 2, TableTask.Binary);
        encoder.Width.Should().Be(3);
        encoder.Rows(train).Select(row => row.Features).Should().BeEquivalentTo((float[][])[[1, 0, 1], [float.NaN, 1, 0], [3, 0, 1]], options => options.WithStrictOrdering());
        encoder.Rows(test).Select(row => row.Features).Should().BeEquivalentTo((float[][])[[float.NaN, 0, 0], [900, 0, 1]], options => options.WithStrictOrdering());
        encoder.Rows(test).Select(row => row.IsSecond).Should().Equal(false, true);
        encoder.Unknown(test).Should().Equal("other");
    }

    [TestMethod]
    public void Rows_OfARegression_LeaveOutThoseWithoutALabel() =>
        new TableEncoder(MadeUp.Table("x y\n1 2\n2 3"), 1, TableTask.Regression).Rows(MadeUp.Table("x y\n1 2.5\n2 NA")).Select(row => row.Value).Should().Equal(2.5f);

    [TestMethod]
    public void Width_ColumnWithoutAValue_IsLeftOut()
    {
        new TableEncoder(MadeUp.Table("k x y\nNA 1 2\n? 2 3"), 2, TableTask.Regression, notes).Width.Should().Be(1);
        notes.Should().Equal("Column 'k' has no value in the training rows and is left out.");
    }

    [TestMethod]
    public void Width_ThousandsOfNames_KeepsThoseThatRepeat()
    {
        TableFile table = MadeUp.Table("id half y\n" + string.Join('\n', Enumerable.Range(0, 1200).Select(i => $"u{i} h{(i < 100 ? i / 2 : i)} {i}")));
        new TableEncoder(table, 2, TableTask.Regression, notes).Width.Should().Be(50);
        notes.Should().Equal("Column 'id' has a different text in each row and is left out.");
    }

    [TestMethod]
    public void Width_StrayWordAmongNumbers_LeavesThemNumbers()
    {
        TableFile table = MadeUp.Table("x y\n" + string.Join('\n', Enumerable.Range(0, 40).Select(i => $"{(i < 2 ? "unknown" : $"{i}")} {i}")));
        var encoder = new TableEncoder(table, 1, TableTask.Regression, notes);
        encoder.Width.Should().Be(1);
        encoder.Rows(table)[0].Features.Should().Equal(float.NaN);
        notes.Should().ContainSingle().Which.Should().Contain("'unknown'");
    }

    [TestMethod]
    public void New_NoFeature_SaysSo() =>
        ((Action)(() => _ = new TableEncoder(MadeUp.Table("k y\nNA 2\nNA 3"), 1, TableTask.Regression))).Should().Throw<ArgumentException>().WithMessage("*a column beside the label*");
}
