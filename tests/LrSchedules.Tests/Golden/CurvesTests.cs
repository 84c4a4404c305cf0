using Golden;
using Golden.Curves;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.LrSchedules.Tests.GoldenCurves;

[TestClass]
public class CurvesTests
{
    private static readonly GoldenReport Report = CurveHarness.Run(GoldenFile.ReadAll(Path.Combine(AppContext.BaseDirectory, "Data", "curves")));

    [TestMethod]
    public void Run_CommittedCurves_NoneFails() =>
        Report.Results.Where(result => result.Outcome == GoldenOutcome.Failed).Should().BeEmpty();

    [TestMethod]
    public void Run_SeedCurves_AllPass() =>
        Report.Results.Where(result => result.Family.StartsWith("seed.", StringComparison.Ordinal)).Should().HaveCountGreaterThan(10)
            .And.OnlyContain(result => result.Outcome == GoldenOutcome.Passed);
}
