using System.Globalization;
using System.Xml.Linq;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.LrSchedules.Tests.Plotting;

[TestClass]
public class ChartTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";
    private static readonly TrainingPlan Plan = TrainingPlan.OfSteps(10, 4);
    private static readonly LrSchedule Schedule = LrSchedule.Parse("warmup(1ep) > hold(1ep) > cosine(to=0.1)");

    [TestMethod]
    public void Sample_Plan_HasEveryStep()
    {
        IReadOnlyList<SchedulePoint> points = Schedule.Sample(Plan);
        points.Should().HaveCount(40);
        points[25].Should().Be(new SchedulePoint(25, 2.5, Schedule.Bind(Plan).FactorAt(25)));
        points.Select(point => point.Step).Should().Equal(Enumerable.Range(0, 40).Select(step => (long)step));
        points.Should().Equal(Enumerable.Range(0, 40).Select(step => points[step]));
        ((System.Collections.IEnumerable)points).Cast<SchedulePoint>().Should().HaveCount(40);
        points.Invoking(list => list[40]).Should().Throw<ArgumentOutOfRangeException>().WithMessage("index must be between 0 and 39 but was 40. The list has one point for each step of the run.*");
        points.Invoking(list => list[-1]).Should().Throw<ArgumentOutOfRangeException>();
        LrSchedule.Hold(atRate: 0.01).Sample(Plan, 0.1)[0].Factor.Should().BeApproximately(0.1, 1e-15);
    }

    [TestMethod]
    public void Phases_OfASequence_AreItsParts()
    {
        Schedule.Bind(Plan).Phases.Should().Equal(new SchedulePhase("warmup", 0, 10), new SchedulePhase("hold", 10, 20), new SchedulePhase("cosine", 20, 40));
        LrSchedule.Parse("clamp(affine(staircase(warmup(1ep) > hold, every=1ep), times=2), minimum=0)").Bind(Plan).Phases.Select(phase => phase.Name).Should().Equal("warmup", "hold");
        LrSchedule.Parse("warmup(1ep) * hold").Bind(Plan).Phases.Should().Equal(new SchedulePhase("product", 0, 40));
    }

    [TestMethod]
    public void ToSparkline_Ramp_RisesFromTheLowestToTheHighestBar()
    {
        LrSchedule.Warmup(TrainingSpan.Rest).Bind(TrainingPlan.OfSteps(800)).ToSparkline(8).Should().Be("▁▂▃▄▅▆▇█");
        LrSchedule.Constant.Bind(Plan).ToSparkline(3).Should().Be("███");
        LrSchedule.Hold(at: 0).Bind(Plan).ToSparkline(2).Should().Be("▁▁");
        LrSchedule.Linear(to: -1).Bind(TrainingPlan.OfSteps(800)).ToSparkline(8).Should().Be("█▇▆▅▄▃▂▁");
        LrSchedule.Constant.Bind(Plan).ToSparkline().Should().HaveLength(60);
        FluentActions.Invoking(() => LrSchedule.Constant.Bind(Plan).ToSparkline(0)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("width must be at least 1 but was 0. 60 characters fit a console line.*");
    }

    [TestMethod]
    public void ToCsv_TwoSchedules_HasAColumnForEach()
    {
        string[] lines = new ScheduleChart(TrainingPlan.OfSteps(2, 2)).With("a,\"b\"", LrSchedule.Linear()).With("rate", LrSchedule.Constant, 0.1).ToCsv().Split('\n');
        lines.Should().Equal("step,epoch,\"a,\"\"b\"\"\",rate", "0,0,1,0.1", "1,0.5,0.75,0.1", "2,1,0.5,0.1", "3,1.5,0.25,0.1", "");
    }

    [TestMethod]
    public void ToSvg_Schedule_DrawsTheCurveWhereItIs()
    {
        XElement svg = Draw(new ScheduleChart(Plan, "T & <t>").With("one", Schedule));
        svg.Element(Svg + "title")!.Value.Should().Be("T & <t>");
        (double X, double Y)[] line = Points(svg.Elements(Svg + "polyline").Single());
        line.Should().HaveCount(41);
        XElement frame = svg.Elements(Svg + "rect").Last();
        double left = Number(frame, "x"), top = Number(frame, "y"), width = Number(frame, "width"), height = Number(frame, "height");
        BoundSchedule bound = Schedule.Bind(Plan);
        for (int step = 0; step <= 40; step++)
        {
            line[step].X.Should().BeApproximately(left + width * step / 40, 0.01);
            line[step].Y.Should().BeApproximately(top + height * (1 - bound.FactorAt(step)), 0.01);
        }
        Texts(svg).Should().Contain(["warmup", "hold", "cosine", "step", "epoch", "one", "0", "0.2", "1", "10", "40", "4", "T & <t>"]);
    }

    [TestMethod]
    public void ToSvg_SeriesOnTheRight_HasItsOwnAxis()
    {
        XElement svg = Draw(new ScheduleChart(Plan).With("rate", Schedule, 0.1).WithSeries("loss", [(0, 50), (20, double.NaN), (30, 10), (40, 20)]).WithSeries("used", [(0, 0.05)], ChartAxis.Left));
        XElement[] lines = [.. svg.Elements(Svg + "polyline")];
        lines.Should().HaveCount(3);
        XElement frame = svg.Elements(Svg + "rect").Last();
        double top = Number(frame, "y"), height = Number(frame, "height");
        (double X, double Y)[] loss = Points(lines[2]);
        loss.Should().HaveCount(3);
        loss[0].Y.Should().BeApproximately(top, 0.01);
        loss[1].Y.Should().BeApproximately(top + height, 0.01);
        loss[2].Y.Should().BeApproximately(top + 0.75 * height, 0.01);
        lines[2].Attribute("stroke-dasharray").Should().NotBeNull();
        lines[0].Attribute("stroke-dasharray").Should().BeNull();
        lines.Select(line => line.Attribute("stroke")!.Value).Should().OnlyHaveUniqueItems();
        Texts(svg).Should().Contain(["50", "0.02", "loss", "used"]);
    }

    [TestMethod]
    public void ToSvg_LongRun_KeepsTheJumps()
    {
        var plan = TrainingPlan.OfSteps(1_000_003);
        XElement svg = Draw(new ScheduleChart(plan).With("jump", LrSchedule.Parse("hold(500001st) > hold(at=0.5)")));
        (double X, double Y)[] line = Points(svg.Elements(Svg + "polyline").Single());
        line.Length.Should().BeInRange(2000, 2010);
        int jump = Enumerable.Range(1, line.Length - 1).First(i => line[i].Y != line[i - 1].Y);
        (line[jump].X - line[jump - 1].X).Should().BeLessThan(0.02);
    }

    [TestMethod]
    public void ToSvg_FlatOrEmpty_StillHasAxes()
    {
        Texts(Draw(new ScheduleChart(Plan))).Should().Contain(["0", "1", "step"]);
        Texts(Draw(new ScheduleChart(Plan).With("zero", LrSchedule.Hold(at: 0)))).Should().Contain("0");
        Texts(Draw(new ScheduleChart(Plan).WithSeries("flat", [(1, 3), (2, 3)]))).Should().Contain(["3", "4", "5", "6"]).And.NotContain("2.5").And.NotContain("7");
        Texts(Draw(new ScheduleChart(Plan).WithSeries("flat", [(1, 0), (2, 0)]))).Should().Contain(["0", "0.2", "1"]).And.NotContain("-0.2");
        Texts(Draw(new ScheduleChart(Plan).With("low", LrSchedule.Linear(to: -1)))).Should().Contain("-1");
        Texts(Draw(new ScheduleChart(Plan).With("tiny", LrSchedule.Constant, 1e-5))).Should().Contain("1e-5");
    }

    [TestMethod]
    public void ToSvg_ManyNames_AreCutAndWrapped()
    {
        var chart = new ScheduleChart(Plan);
        for (int i = 0; i < 9; i++)
            chart = chart.With($"schedule number {i} with a very long name that cannot fit", Schedule.Scaled(1 + i));
        string[] names = [.. Texts(Draw(chart)).Where(text => text.StartsWith("schedule number", StringComparison.Ordinal))];
        names.Should().HaveCount(9).And.OnlyHaveUniqueItems().And.OnlyContain(name => name.EndsWith('…'));
    }

    public static IEnumerable<object[]> Pictures()
    {
        yield return ["schedule", new ScheduleChart(Plan, "A schedule & its parts").With("one", Schedule).ToSvg()];
        yield return ["two-axes", new ScheduleChart(Plan, "Rate and loss").With("rate", Schedule, 0.003).WithSeries("loss", [(0, 50), (20, 30), (30, 10), (40, 20)]).WithSeries("used", [(0, 0.001), (40, 0.002)], ChartAxis.Left).ToSvg(640, 320)];
        yield return ["nine-names", Enumerable.Range(1, 9).Aggregate(new ScheduleChart(Plan), (chart, i) => chart.With($"schedule number {i} with a long name", Schedule.Scaled(i))).ToSvg(1000, 260)];
        yield return ["short-phases", new ScheduleChart(TrainingPlan.OfSteps(100_000, 7), "A long run").With("jump", LrSchedule.Parse("hold(10st) > hold(1%, at=0.5) > linear(to=-0.2)"), 1e-5).ToSvg(200, 150)];
        yield return ["nothing", new ScheduleChart(Plan).ToSvg(300, 200)];
    }

    // The pictures were looked at; every coordinate, colour and label is then kept by these files.
    [TestMethod]
    [DynamicData(nameof(Pictures))]
    public void ToSvg_KnownCharts_AreTheStoredPictures(string name, string svg)
    {
        string received = Path.Combine(AppContext.BaseDirectory, name + ".received.svg");
        File.WriteAllText(received, svg);
        svg.Should().Be(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Plotting", "Pictures", name + ".svg")), $"what is drawn now is in {received}");
    }

    [TestMethod]
    public void ToSvg_Twice_IsTheSameText()
    {
        string Once() => new ScheduleChart(Plan, "t").With("one", Schedule).WithSeries("loss", [(1, 2)]).ToSvg(640, 320);
        Once().Should().Be(Once()).And.StartWith("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"640\" height=\"320\"").And.NotContain("script").And.NotContain("href");
    }

    [TestMethod]
    public void Chart_BadArguments_Throw()
    {
        var chart = new ScheduleChart(Plan);
        FluentActions.Invoking(() => new ScheduleChart(null!)).Should().Throw<ArgumentNullException>();
        FluentActions.Invoking(() => new ScheduleChart(Plan, null!)).Should().Throw<ArgumentNullException>();
        chart.Invoking(c => c.With(null!, Schedule)).Should().Throw<ArgumentNullException>();
        chart.Invoking(c => c.With("a", null!)).Should().Throw<ArgumentNullException>();
        chart.Invoking(c => c.WithSeries(null!, [])).Should().Throw<ArgumentNullException>();
        chart.Invoking(c => c.WithSeries("a", [], (ChartAxis)7)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("axis must be one of Left, Right but was 7. Say on which side the numbers stand.*");
        chart.Invoking(c => c.ToSvg(199)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("width must be at least 200 but was 199. Smaller pictures have no room for axes.*");
        chart.Invoking(c => c.ToSvg(200, 149)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("height must be at least 150 but was 149.*");
    }

    private static XElement Draw(ScheduleChart chart) => XElement.Parse(chart.ToSvg());

    private static IReadOnlyList<string> Texts(XElement svg) => [.. svg.Elements(Svg + "text").Select(text => text.Value)];

    private static double Number(XElement element, string attribute) => double.Parse(element.Attribute(attribute)!.Value, CultureInfo.InvariantCulture);

    private static (double X, double Y)[] Points(XElement line) =>
        [.. line.Attribute("points")!.Value.Split(' ').Select(point => point.Split(',')).Select(pair => (double.Parse(pair[0], CultureInfo.InvariantCulture), double.Parse(pair[1], CultureInfo.InvariantCulture)))];
}
