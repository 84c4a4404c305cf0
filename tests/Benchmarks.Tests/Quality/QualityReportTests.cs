using Microsoft.VisualStudio.TestTools.UnitTesting;
using MlNetLr.Benchmarks.Quality;

namespace Benchmarks.Tests.Quality;

/// <summary>Verdicts and noise as docs/tabular.md defines them, on figures whose means and deviations are plain.</summary>
[TestClass]
public sealed class QualityReportTests
{
    /// <summary>Differences one apart have the deviation 1 and two standard errors of 2 / sqrt(3) = 1.155. The runs themselves are far apart, which does not count.</summary>
    [TestMethod]
    [DataRow(1, 2, 3, "worse by 2.0000")]
    [DataRow(0.2, 1.2, 2.2, "worse by 1.2000")]
    [DataRow(0, 1, 2, "even (worse by 1.0000)")]
    [DataRow(-1, -2, -3, "**better** by 2.0000")]
    [DataRow(0, 0, 0, "even")]
    public void Markdown_Splits_HoldPairedDifferencesAgainstTwoStandardErrors(double first, double second, double third, string verdict) =>
        Row(Table(true, ("TorchTabular", [3, 30, 300]), ("Sdca", [3 + first, 30 + second, 300 + third])), "Sdca").Should().Contain($"| {verdict} |");

    /// <summary>Deviations 1 and 1: differences up to sqrt(2) are even.</summary>
    [TestMethod]
    [DataRow(1.4, "even (worse by 1.4000)")]
    [DataRow(1.5, "worse by 1.5000")]
    [DataRow(-1.5, "**better** by 1.5000")]
    public void Markdown_Seeds_HoldTheDifferenceAgainstBothDeviations(double difference, string verdict) =>
        Row(Table(false, ("TorchTabular", [4, 5, 6]), ("Sdca", [6 + difference, 5 + difference, 4 + difference])), "Sdca").Should().StartWith($"| Sdca | {5 + difference:F4} ± 1.0000 | {verdict} |");

    [TestMethod]
    public void Markdown_OneRun_ClaimsNothing() => Row(Table(false, ("TorchTabular", [4]), ("Sdca", [3])), "Sdca").Should().StartWith("| Sdca | 3.0000 | better by 1.0000, one run |");

    [TestMethod]
    public void Markdown_MoreIsBetter_TurnsTheVerdict() =>
        Row(Table(true, ("TorchTabular", [0.5, 0.6]), ("Sdca", [0.75, 0.85])) with { Task = TableTask.Binary }, "Sdca").Should().StartWith("| Sdca | 0.8000 ± 0.0707 | **better** by 0.2500 |");

    [TestMethod]
    public void Markdown_Failure_IsARowThatSaysSo()
    {
        QualityTable table = Table(false, ("TorchTabular", [4, 5]), ("Sdca", [4, 5]));
        table = table with { Results = [.. table.Results.Select(result => result.Contestant == "Sdca" ? result with { Figures = [double.NaN, double.NaN], Failure = "failed: a|b" } : result)] };
        Row(table, "Sdca").Should().StartWith(@"| Sdca | failed: a\|b | - | - | - |");
        Row(table, "TorchTabular").Should().StartWith("| TorchTabular | 4.5000");
    }

    [TestMethod]
    public void Markdown_FailureInOneRun_IsPairedInTheOthers()
    {
        QualityTable table = Table(true, ("TorchTabular", [4, 50, 6]), ("Sdca", [5, 0, 7]));
        table = table with { Results = [.. table.Results.Select(result => result is { Contestant: "Sdca", Run: 2 } ? result with { Figures = [double.NaN, double.NaN], Failure = "stopped after 9 s" } : result)] };
        Row(table, "Sdca").Should().StartWith("| Sdca (2 of 3 runs; stopped after 9 s) | 6.0000 ± 1.4142 | worse by 1.0000 |");
    }

    [TestMethod]
    public void With_OlderRuns_KeepsThoseNotMeasuredAnew()
    {
        QualityTable older = Table(false, ("TorchTabular", [4, 5]), ("Sdca", [1, 1])), newer = Table(false, ("TorchTabular", [7]));
        newer.With(older).Results.Where(result => result.Contestant == "TorchTabular").OrderBy(result => result.Run).Select(result => result.Figures[0]).Should().Equal(7, 5);
        newer.Matches(older with { HasSplits = true }).Should().BeFalse();
    }

    private static string Row(QualityTable table, string contestant) => QualityReport.Markdown(table).Split('\n').Single(line => line.StartsWith($"| {contestant} ", StringComparison.Ordinal));

    private static QualityTable Table(bool hasSplits, params (string Name, double[] Figures)[] contestants) => new("t", TableTask.Regression, 80, 20, 3, hasSplits,
        [.. contestants.SelectMany(own => own.Figures.Select((figure, i) => new QualityResult(own.Name, i + 1, [figure, figure], 1)))]);
}
