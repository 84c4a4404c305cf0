using System.Diagnostics;
using Microsoft.ML.Trainers.Torch.Engines.Cpu;

namespace MlNetLr.Benchmarks.Compare;

/// <summary>The step of W2 on two threads, alone and beside two processes that keep both cores busy.</summary>
internal static class ContentionComparison
{
    public static Section Run(int rounds)
    {
        Workload workload = Workload.All.Single(candidate => candidate.Name == "W2") with { Rows = 20_000 };
        using var loop = new EngineLoop("quiet", new CpuEngine(workload.Network(), workload.Loss, workload.Data(), threads: 2), workload);
        double[] quiet = Times(loop, 1000);
        int seconds = rounds < 10 ? 5 : 15;
        Process[] neighbours = [ChildProcess.Start("busy-child", seconds.ToString()), ChildProcess.Start("busy-child", seconds.ToString())];
        Thread.Sleep(500);
        var busy = new List<double>();
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed.TotalSeconds < seconds - 1.5) busy.AddRange(Times(loop, 50));
        foreach (Process neighbour in neighbours)
        {
            neighbour.WaitForExit();
            neighbour.Dispose();
        }
        double calm = Statistics.Median(quiet), crowded = Statistics.Median(busy);
        return new Section(
            "contention: W2, two threads, two busy processes beside it", "us per step",
            [("alone", calm, quiet.Min()), ("beside two busy processes", crowded, busy.Min())],
            [new Bar("median step beside two busy processes / alone", crowded / calm, 3, AtLeast: false)],
            $"Mean step: alone {quiet.Average():F0} us, crowded {busy.Average():F0} us.");
    }

    private static double[] Times(EngineLoop loop, int steps)
    {
        var times = new double[steps];
        for (int i = 0; i < steps; i++)
        {
            long start = Stopwatch.GetTimestamp();
            loop.Steps(1);
            times[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        }
        return times;
    }
}
