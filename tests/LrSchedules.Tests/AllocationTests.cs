using System.Diagnostics;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.LrSchedules.Tests;

[TestClass]
public class AllocationTests
{
    [TestMethod]
    public void FactorAt_AnyStep_DoesNotAllocate()
    {
        BoundSchedule bound = LrSchedule.Parse("warmup(5ep) > hold(10ep) > cosine(to=0.01)").Bind(TrainingPlan.OfSteps(100, 35));
        double sum = bound.FactorAt(1);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int step = 0; step < 10_000; step++)
            sum += bound.FactorAt(step);
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0);
        sum.Should().BePositive();
    }

    [TestMethod]
    [TestCategory("Slow")]
    public void Sample_AMillionSteps_TakesMilliseconds()
    {
        LrSchedule schedule = LrSchedule.Parse("warmup(5ep) > hold(10ep) > cosine(to=0.01)");
        TrainingPlan plan = TrainingPlan.OfSteps(10_000, 100);
        double best = double.MaxValue;
        double sum = 0;
        for (int i = 0; i < 20; i++)
        {
            long start = Stopwatch.GetTimestamp();
            sum += schedule.Sample(plan).Sum(point => point.Factor);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        sum.Should().BePositive();
        best.Should().BeLessThan(20, "a plot must not be felt");
    }
}
