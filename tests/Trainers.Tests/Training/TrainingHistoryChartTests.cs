using System.Xml.Linq;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Trainers.Tests.Training;

[TestClass]
public sealed class TrainingHistoryChartTests
{
    [TestMethod]
    [DataRow(true, 4)]
    [DataRow(false, 3)]
    public void ToSvg_TwoGroups_HasALinePerRateAndLoss(bool validated, int lines)
    {
        XDocument picture = XDocument.Parse(History(validated).ToSvg("A <title>"));
        XNamespace svg = "http://www.w3.org/2000/svg";
        string[] points = [.. picture.Descendants(svg + "polyline").Select(line => line.Attribute("points")!.Value)];
        points.Should().HaveCount(lines);
        points[0].Split(' ').Should().HaveCount(6, "rates are drawn at every sampled step");
        points[^1].Split(' ').Should().HaveCount(3, "losses are drawn at every epoch");
        string[] texts = [.. picture.Descendants(svg + "text").Select(text => text.Value)];
        texts.Should().Contain(["A <title>", "rate vision.*", "rate *", "training loss", "step", "epoch"]);
        texts.Contains("validation loss").Should().Be(validated);
    }

    [TestMethod]
    public void WriteSvg_AHistory_IsTheFile()
    {
        string path = Path.GetTempFileName();
        try
        {
            History(validated: true).WriteSvg(path, "Run");
            File.ReadAllText(path).Should().Be(History(validated: true).ToSvg("Run"));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [TestMethod]
    public void ToSvg_NoEpoch_SaysSo() =>
        FluentActions.Invoking(() => new TrainingHistory(["*"], [], []).ToSvg()).Should().Throw<ArgumentException>().WithMessage("history must have at least one epoch*");

    private static TrainingHistory History(bool validated) => new(
        ["vision.*", "*"],
        [.. Enumerable.Range(0, 3).Select(epoch => new EpochRecord(epoch, 2 * (epoch + 1), 1.0 / (epoch + 1), validated ? 2.0 / (epoch + 1) : double.NaN, [0.01, 0.001], 1, 1, 1))],
        [.. Enumerable.Range(0, 6).Select(step => new StepRecord(step, 1, [0.01 * step, 0.001 * step], 1))]);
}
