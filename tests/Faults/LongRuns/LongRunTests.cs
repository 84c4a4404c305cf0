using System.Globalization;
using Faults.Support;
using Microsoft.ML.Trainers.Torch;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using MlNetLr.Tests;

namespace Faults.LongRuns;

/// <summary>A long run holds no more memory, threads or tensors at its end than after its warm-up. Measured in a process of its own.</summary>
[TestClass]
public sealed class LongRunTests
{
    private const int StepsPerEpoch = 50;

    // Allocators and the JIT compiler grow for a while even where nothing is kept; the collector for the longer, the larger the processor's cache is, by which it sizes its
    // first generation: with 4 MB it has seen many collections when the warm-up ends.
    private static readonly Dictionary<string, string?> steady = new()
    {
        ["DOTNET_gcConcurrent"] = "0", ["DOTNET_GCgen0size"] = "0x400000", ["DOTNET_TieredCompilation"] = "0", ["MALLOC_ARENA_MAX"] = "1", ["OMP_NUM_THREADS"] = "1",
    };

    [TestMethod]
    [DataRow(EngineRun.Managed, 5_000, 20_000)]
    [DataRow(EngineRun.Libtorch, 1_000, 2_000)]
    public void Run_ShortVersion_HoldsNoMoreAtItsEnd(string engine, int warmup, int steps) => RequireFlat(engine, warmup, steps);

    [TestMethod]
    [TestCategory("Slow")]
    [DataRow(EngineRun.Managed, 50_000, 50_000)]
    [DataRow(EngineRun.Libtorch, 20_000, 50_000)]
    public void Run_FiftyThousandSteps_HoldsNoMoreAtItsEnd(string engine, int warmup, int steps) => RequireFlat(engine, warmup, steps);

    private static void RequireFlat(string engine, int warmup, int steps)
    {
        (int exitCode, string output) = ChildProgram.Run(Measure, string.Create(CultureInfo.InvariantCulture, $"{engine},{warmup},{steps}"), steady, timeout: TimeSpan.FromMinutes(9));
        exitCode.Should().Be(0, output);
        long[] growth = [.. output.Split(',').Select(text => long.Parse(text, CultureInfo.InvariantCulture))];
        growth[0].Should().BeLessThan(5_000_000, "bytes");
        growth[1].Should().BeLessThanOrEqualTo(0, "threads");
        growth[2].Should().Be(0, "tensors");
    }

    private static int Measure(string argument)
    {
        string[] parts = argument.Split(',');
        bool torch = parts[0] == EngineRun.Libtorch;
        int warmup = int.Parse(parts[1], CultureInfo.InvariantCulture), steps = int.Parse(parts[2], CultureInfo.InvariantCulture);
        Resources? start = null, end = null;
        void Look(TrainingProgress progress)
        {
            if (progress.Step == warmup) start = Resources.Now(torch);
            if (progress.Step == warmup + steps) end = Resources.Now(torch);
        }
        EngineRun.Train(parts[0], MadeUp.Data(10 * StepsPerEpoch), EngineRun.Options((warmup + steps) / StepsPerEpoch), Look);
        Console.Write(string.Create(CultureInfo.InvariantCulture, $"{end!.Bytes - start!.Bytes},{end.Threads - start.Threads},{end.Tensors - start.Tensors}"));
        return 0;
    }
}
