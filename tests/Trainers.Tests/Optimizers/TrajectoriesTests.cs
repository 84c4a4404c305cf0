using Golden;
using Golden.Trajectories;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.Trainers.Torch.Tests.Optimizers;

[TestClass]
public class TrajectoriesTests
{
    private static readonly GoldenReport Report = TrajectoryHarness.Run(GoldenFile.ReadAll(Path.Combine(AppContext.BaseDirectory, "Data", "trajectories")));

    [TestMethod]
    public void Run_CommittedTrajectories_NoneFails() =>
        Report.Results.Where(result => result.Outcome == GoldenOutcome.Failed).Should().BeEmpty();

    [TestMethod]
    public void Run_SeedTrajectories_AllPass() =>
        Report.Results.Where(result => result.Family.StartsWith("seed.", StringComparison.Ordinal)).Should().HaveCountGreaterThan(10)
            .And.OnlyContain(result => result.Outcome == GoldenOutcome.Passed);
}
