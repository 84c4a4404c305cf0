using Golden;
using Golden.Curves;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.LrSchedules.Tests.GoldenCurves;

[TestClass]
public class CurvesTests
{
    [TestMethod]
    public void Run_CommittedCurves_PassOrAreDefectsOfPeers()
    {
        GoldenReport report = CurveHarness.Run(GoldenFile.ReadAll(Path.Combine(AppContext.BaseDirectory, "Data", "curves")));
        report.Results.Where(result => result.Outcome is GoldenOutcome.Failed or GoldenOutcome.NotImplemented).Should().BeEmpty();
        report.Count(GoldenOutcome.Passed).Should().BeGreaterThanOrEqualTo((int)Math.Ceiling(0.97 * report.Results.Count)).And.BeGreaterThan(200);
        report.Results.Should().Contain(result => result.Family.StartsWith("seed.", StringComparison.Ordinal) && result.Outcome == GoldenOutcome.Passed);
    }
}
