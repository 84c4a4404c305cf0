using System.Xml.Linq;
using Microsoft.ML.TrainerSearch;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Search.Tests.Report;

[TestClass]
public sealed class ReportTests
{
    private static readonly SearchSpace space = SearchSpace.Empty
        .LogFloat("rate", 1e-4, 1).Float("idle", 0, 1).Choice("schedule", "cosine", "wsd <&>").When("schedule", "wsd <&>", then => then.Float("decay", 0, 1));

    private static StudyView Study(int trials)
    {
        using Study study = Microsoft.ML.TrainerSearch.Study.Open(space, new() { Sampler = Samplers.Random(1), MaximumTrials = trials });
        study.Optimize(trial =>
        {
            if (trial.Number == 3) throw new InvalidDataException("a, \"b\"\nc");
            double value = Math.Abs(Math.Log10(trial.Configuration.Float("rate")) + 2);
            for (int step = 1; step <= 3; step++) trial.Report(step, value / step, rate: 0.1 / step);
            return trial.Number == 5 ? double.NaN : value;
        });
        return study.View();
    }

    [TestMethod]
    public void Importance_OneParameterThatMatters_ComesFirstAndAlone()
    {
        IReadOnlyList<ParameterImportance> importance = ParameterImportance.Of(Study(80));
        importance[0].Parameter.Should().Be("rate");
        importance[0].Share.Should().BeGreaterThan(0.5);
        importance.Skip(1).Should().OnlyContain(other => other.Share < 0.15);
    }

    [TestMethod]
    public void Csv_AnyStudy_HasOneExactRowPerTrial()
    {
        StudyView study = Study(12);
        string csv = TrialTable.Csv(study);
        csv.Split('\n')[0].Should().Be("trial,state,origin,value,last step,last report,steps spent,seconds,rate,idle,schedule,decay,error");
        csv.Should().Contain("\"InvalidDataException: a, \"\"b\"\"\nc\"");
        csv.Should().Contain(study.Trials[0].Value!.Value.ToString("R", System.Globalization.CultureInfo.InvariantCulture));
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(30)]
    public void Html_AnyStudy_IsOneWellFormedPageThatFetchesNothing(int trials)
    {
        string html = trials == 0 ? SearchReport.Write(new StudyView(space, false, []), "t", "loss") : SearchReport.Write(Study(trials), "My <study>", "loss", summary: ["12 epochs saved"]);
        XElement page = XDocument.Parse(html.Replace("<!DOCTYPE html>", "", StringComparison.Ordinal).Replace("<meta charset=\"utf-8\">", "", StringComparison.Ordinal)).Root!;
        html.Should().NotContainAny("http://", "https://", "<script", "src=", "@import", "url(");
        if (trials > 1)
        {
            page.Descendants("svg").Should().HaveCountGreaterThanOrEqualTo(5);
            page.Descendants("tr").Should().HaveCount(trials + 1);
            html.Should().Contain("12 epochs saved").And.Contain("My &lt;study&gt;");
        }
    }
}
