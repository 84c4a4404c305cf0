using Microsoft.ML.Trainers.Torch.Engines.Cpu;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.Trainers.Torch.Tests.Engines.Cpu;

[TestClass]
public sealed class WorkerPoolTests
{
    [TestMethod]
    public void Run_ManyJobsWithPausesBetween_DoesEveryPartOnce()
    {
        using var pool = new WorkerPool(4);
        var counts = new int[7];
        for (int job = 1; job <= 3000; job++)
        {
            int parts = 1 + job % 7;
            Array.Clear(counts);
            pool.Run(parts, (part, all) =>
            {
                all.Should().Be(parts);
                Interlocked.Increment(ref counts[part]);
            });
            counts.Should().Equal(Enumerable.Range(0, 7).Select(part => part < parts ? 1 : 0));
            if (job % 1000 == 0) Thread.Sleep(30);
        }
    }

    [TestMethod]
    public void Run_APartFails_ThrowsAndGoesOn()
    {
        using var pool = new WorkerPool(3);
        pool.Invoking(p => p.Run(3, (part, _) => { if (part == 2) throw new FormatException("no"); }))
            .Should().Throw<InvalidOperationException>().WithInnerException<FormatException>();
        int done = 0;
        pool.Run(3, (_, _) => Interlocked.Increment(ref done));
        done.Should().Be(3);
    }

    [TestMethod]
    public void Dispose_WithSleepingOrNoHelpers_Returns()
    {
        var used = new WorkerPool(3);
        used.Run(3, (_, _) => { });
        Thread.Sleep(50);
        used.Dispose();
        used.Dispose();
        new WorkerPool(2).Dispose();
    }
}
