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
}
