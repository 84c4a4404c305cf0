using Microsoft.VisualStudio.TestTools.UnitTesting;
using MlNetLr.Benchmarks.Quality;

namespace Benchmarks.Tests.Quality;

[TestClass]
public sealed class TableFeaturesTests
{
    private readonly List<string> notes = [];

    [TestMethod]
    [DataRow("")]
    [DataRow("Unnamed:")]
    public void Choose_RowNumbersWithoutAName_AreLeftOut(string name)
    {
        (TableFile table, int label) = TableFeatures.Choose(MadeUp.Table($"{name} x y\n0 5 1\n1 5 2\n2 6 2"), 2, notes);
        table.Names.Should().Equal("x", "y");
        label.Should().Be(1);
        notes.Should().ContainSingle().Which.Should().Contain("counts the rows");
    }

    [TestMethod]
    public void Choose_RowNumbersWithAName_AreKeptAndSaid()
    {
        TableFeatures.Choose(MadeUp.Table("Id x y\n1 5 1\n2 5 2\n3 6 2"), 2, notes).Table.Names.Should().Equal("Id", "x", "y");
        notes.Should().ContainSingle().Which.Should().Contain("'Id' counts the rows");
    }

    [TestMethod]
    public void Choose_LabelTwice_IsLeftOutOnce() => TableFeatures.Choose(MadeUp.Table("x y y\n1 2 2\n1 3 3"), 1, notes).Table.Names.Should().Equal("x", "y");

    [TestMethod]
    public void Choose_OtherColumnOfTheLabelsName_IsAnError() =>
        ((Action)(() => TableFeatures.Choose(MadeUp.Table("x y y\n1 2 2\n1 3 4"), 1, notes))).Should().Throw<ArgumentException>().WithMessage("--label must name one column but 2*");

    [TestMethod]
    [DataRow("alive y\nyes 1\nno 0\nyes 1", true)]
    [DataRow("copy y\n1.5 1.5\n2.5 2.5", true)]
    [DataRow("id y\nu1 1.5\nu2 2.5", false)]
    [DataRow("x y\nyes 1\nno 0\nyes 0", false)]
    [DataRow("x y\n1 1\n2 0\n3 0", false)]
    public void Choose_CopyOfTheLabel_IsSaid(string text, bool expected)
    {
        TableFeatures.Choose(MadeUp.Table(text), 1, notes).Table.Names.Should().HaveCount(2);
        notes.Any(note => note.Contains("says the same as the label")).Should().Be(expected);
    }
}
