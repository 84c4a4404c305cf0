using Microsoft.VisualStudio.TestTools.UnitTesting;
using MlNetLr.Benchmarks.Quality;

namespace Benchmarks.Tests.Quality;

[TestClass]
public sealed class TableLabelTests
{
    [TestMethod]
    [DataRow("true", "false")]
    [DataRow("yes", "no")]
    [DataRow("1", "0")]
    [DataRow("2", "1")]
    [DataRow("1", "-1")]
    public void Classes_OfTwoValues_AreTheSecondAndTheFirst(string second, string first) =>
        TableLabel.Classes(MadeUp.Table($"x y\n1 {second}\n2 {first}\n3 NA\n4 {second}"), 1).Should().Equal(first, second);

    [TestMethod]
    public void Labelled_MissingLabels_AreLeftOutAndSaid()
    {
        var notes = new List<string>();
        TableLabel.Labelled(MadeUp.Table("x y\n1 2\n2 NA\n3 ?\n4 5"), 1, TableTask.Regression, "folder/t.csv", notes).Rows.Select(row => row[0]).Should().Equal("1", "4");
        notes.Should().Equal("t.csv: 2 of 4 rows have no label and are left out.");
    }

    [TestMethod]
    [DataRow("x y\n1 2\n2 3\n3 low", "Regression", "must be a number but 'y' has 'low' (1 of 3 rows are no numbers). Correct or empty these cells*")]
    [DataRow("x y\n1 high\n2 3\n3 low", "Regression", "*Choose another --label, or --task binary or multiclass.")]
    [DataRow("x y\n1 NA\n2 NA", "Regression", "*must have rows with a label but 'y' is missing in all 2*")]
    [DataRow("x y\n1 a\n2 b\n3 c", "Binary", "*must have two values for a binary task but 'y' has 3: 'a', 'b', 'c'. Choose another --label, or --task multiclass.")]
    [DataRow("x y\n1 a\n2 a", "Multiclass", "*must have at least two values but 'y' has 1: 'a'*")]
    public void Check_LabelOfAnotherTask_SaysWhatToDo(string text, string task, string message)
    {
        TableFile table = MadeUp.Table(text);
        Check(table, Enum.Parse<TableTask>(task)).Should().Throw<ArgumentException>().WithMessage(message.StartsWith('*') ? message : "*" + message);
    }

    [TestMethod]
    [DataRow("Binary")]
    [DataRow("Multiclass")]
    public void Check_NumberAsAClass_AdvisesRegression(string task) =>
        Check(MadeUp.Table("x y\n" + string.Join('\n', Enumerable.Range(0, 60).Select(i => $"1 {i}.5"))), Enum.Parse<TableTask>(task)).Should().Throw<ArgumentException>().WithMessage("*--task regression.");

    [TestMethod]
    public void Check_FewRowsOfManyIntegerClasses_IsAllowed() =>
        Check(MadeUp.Table("x y\n" + string.Join('\n', Enumerable.Range(0, 60).Select(i => $"1 {i % 26}"))), TableTask.Multiclass).Should().NotThrow();

    private static Action Check(TableFile table, TableTask task) => () => TableLabel.Check(TableLabel.Labelled(table, 1, task, "t.csv", []), 1, task);
}
