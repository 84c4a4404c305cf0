using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Tabular;
using Microsoft.ML.Trainers.Torch.Training;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.Trainers.Torch.Tests.Tabular;

/// <summary>Whether many numeric columns are encoded.</summary>
[TestClass]
public sealed class TabularShapeTests
{
    private readonly MLContext context = new(seed: 1);

    [TestMethod]
    [DataRow(32, true, null, "encoding")]
    [DataRow(33, true, null, "scaling, encoding")]
    [DataRow(128, true, null, "scaling, encoding")]
    [DataRow(129, true, null, "scaling")]
    [DataRow(40, false, null, "scaling")]
    [DataRow(40, true, 32, "scaling")]
    [DataRow(40, true, 40, "encoding")]
    public void Of_ManyColumns_BothComeIntoQuestionWhereRowsCanTell(int columns, bool holdsOut, int? maximum, string expected)
    {
        TorchTabularOptions options = Tables.Small(LearningTask.Regression, 100, own => own.MaximumEncodedColumns = maximum);
        IReadOnlyList<TabularShape> shapes = TabularShape.Of(Tables.Data(Rows(100, columns, row => row[0])), new HashSet<int>(), options, outputs: 1, holdsOut, () => { });

        string.Join(", ", shapes.Select(shape => shape.Network.Layers.Single(layer => layer is RobustScaling or NumericEmbedding).Name)).Should().Be(expected);
        shapes.Select(shape => shape.Name).Should().OnlyHaveUniqueItems();
        foreach (TabularShape shape in shapes) shape.Options.ParameterGroups.Should().OnlyContain(group => shape.Network.Layout.Any(slot => group.Matches(slot.Spec)));
    }

    [TestMethod]
    [DataRow("waves", typeof(NumericEmbedding))]
    [DataRow("a line", typeof(RobustScaling))]
    public void Fit_ManyColumns_EncodesThemIfHeldOutRowsSaySo(string kind, Type expected)
    {
        Func<float[], float> label = kind == "waves" ? row => MathF.Sin(9 * row[0]) + MathF.Sin(7 * row[1]) : row => row.Take(20).Sum() + row[0] * row[1];
        var options = new TorchTabularOptions { LabelColumnName = "Value", Seed = 3, HiddenLayers = [32], NumberOfEpochs = 30, Members = 4 };
        var model = context.Regression.Trainers.TorchTabular(options).Fit(context.View(Rows(400, 36, label)));

        model.Model.Network.Network.Layers.Should().ContainSingle(layer => layer.GetType() == expected);
    }

    private static IEnumerable<(float[], float)> Rows(int count, int columns, Func<float[], float> label)
    {
        var random = new Random(7);
        for (int i = 0; i < count; i++)
        {
            float[] row = [.. Enumerable.Range(0, columns).Select(_ => 2 * random.NextSingle() - 1)];
            yield return (row, label(row));
        }
    }
}
