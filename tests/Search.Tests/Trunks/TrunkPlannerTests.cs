using CsCheck;
using Microsoft.ML.TrainerSearch;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Search.Tests.Trunks;

[TestClass]
public sealed class TrunkPlannerTests
{
    [TestMethod]
    public void Plan_SixBudgetsTimesThreeShapes_CostsLessThanHalf()
    {
        int[] budgets = [25, 50, 75, 100, 150, 200];
        TrunkPlan plan = TrunkPlanner.Plan(budgets.SelectMany((epochs, i) => Enumerable.Range(0, 3).Select(shape => new TrunkRun(3 * i + shape, "trunk", epochs * 4 / 5, epochs))));
        plan.SeparateEpochs.Should().Be(1800);
        plan.Epochs.Should().Be(160 + 3 * 120);
        ((double)plan.Epochs / plan.SeparateEpochs).Should().BeLessThan(0.45);
    }

    [TestMethod]
    public void Plan_DifferentTrunksOrNone_SharesNothing()
    {
        TrunkPlan plan = TrunkPlanner.Plan([new(0, "a", 5, 10), new(1, "b", 5, 10), new(2, null, 5, 10)]);
        plan.SavedEpochs.Should().Be(0);
    }

    [TestMethod]
    public void Plan_AnyRuns_TrainsEveryEpochOfEveryRunFromACheckpointThatExists() =>
        Gen.Select(Gen.Int[0, 2], Gen.Int[1, 40], Gen.Int[0, 40]).Array[1, 12].Sample(random =>
        {
            TrunkRun[] runs = [.. random.Select((r, i) => new TrunkRun(i, r.Item1 == 0 ? null : $"{r.Item1}", Math.Min(r.Item3, r.Item2), r.Item2))];
            TrunkPlan plan = TrunkPlanner.Plan(runs);
            var reached = new HashSet<(string?, int)>();
            foreach (TrunkLeg leg in plan.Legs)
            {
                (leg.From == 0 || reached.Contains((leg.Trunk, leg.From))).Should().BeTrue();
                if (leg.Run is null) reached.Add((leg.Trunk, leg.To));
            }
            plan.Legs.Where(leg => leg.Run is not null).Select(leg => leg.Run!.Value).Order().Should().Equal(Enumerable.Range(0, runs.Length));
            plan.Legs.Where(leg => leg.Run is not null).Should().OnlyContain(leg => leg.To == runs[leg.Run!.Value].Epochs);
            plan.Epochs.Should().BeLessThanOrEqualTo(plan.SeparateEpochs);
        }, iter: 500);

    [TestMethod]
    public void Plan_ForkOutsideOfTheRun_Throws() =>
        FluentActions.Invoking(() => TrunkPlanner.Plan([new(0, "a", 11, 10)])).Should().Throw<ArgumentOutOfRangeException>();
}
