using System.Globalization;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Microsoft.ML.LrSchedules;

namespace MlNetLr.Benchmarks.Micro;

/// <summary>What a schedule costs per step: at most 15 ns and no allocation with three segments, a million samples in 20 ms.</summary>
internal sealed class ScheduleCommand : Command
{
    private const double FactorLimit = 15;
    private const double SampleLimit = 20e6;

    public override string Name => "schedules";

    public override string Summary => "FactorAt of a three-segment schedule (bar: 15 ns, no allocation), binding, and sampling a million steps (bar: 20 ms)";

    public override int Run(IReadOnlyList<string> arguments)
    {
        // In this process: BenchmarkDotNet's own build of a project would need its name and a place to write.
        IConfig config = ManualConfig.Create(DefaultConfig.Instance)
            .WithArtifactsPath(Path.Combine(Path.GetTempPath(), "mlnetlr-benchmarks"))
            .WithOptions(ConfigOptions.DisableLogFile)
            .AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithMaxIterationCount(30));
        Summary summary = BenchmarkRunner.Run<ScheduleBenchmarks>(config);
        bool met = Fastest(summary, nameof(ScheduleBenchmarks.FactorAt), FactorLimit) & Fastest(summary, nameof(ScheduleBenchmarks.SampleAMillion), SampleLimit)
            & Allocated(summary, nameof(ScheduleBenchmarks.FactorAt)) == 0;
        return met ? 0 : 1;
    }

    // The fastest iteration: other work on the machine only ever adds time.
    private static bool Fastest(Summary summary, string method, double limit)
    {
        double best = Report(summary, method).ResultStatistics?.Min ?? double.PositiveInfinity;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{method}: fastest iteration {best:0.##} ns per operation (bar {limit:0.##} ns): {(best <= limit ? "met" : "missed")}"));
        return best <= limit;
    }

    private static long? Allocated(Summary summary, string method) => Report(summary, method).GcStats.GetBytesAllocatedPerOperation(Report(summary, method).BenchmarkCase);

    private static BenchmarkReport Report(Summary summary, string method) => summary.Reports.Single(report => report.BenchmarkCase.Descriptor.WorkloadMethod.Name == method);
}

/// <summary>The measured calls.</summary>
[MemoryDiagnoser]
public class ScheduleBenchmarks
{
    private const int Steps = 1_000_000;
    private static readonly TrainingPlan Plan = TrainingPlan.OfSteps(Steps / 100, 100);
    private static readonly LrSchedule Schedule = LrSchedule.Warmup(5.Epochs()).Hold(10.Epochs()).Cosine(to: 0.01);
    private readonly BoundSchedule _bound = Schedule.Bind(Plan);
    private long _step;

    /// <summary>One step, moving through all three segments.</summary>
    [Benchmark]
    public double FactorAt()
    {
        _step = (_step + 997) % Steps;
        return _bound.FactorAt(_step);
    }

    /// <summary>Binding.</summary>
    [Benchmark]
    public BoundSchedule Bind() => Schedule.Bind(Plan);

    /// <summary>Every step of a run of a million.</summary>
    [Benchmark]
    public double SampleAMillion()
    {
        double sum = 0;
        foreach (SchedulePoint point in Schedule.Sample(Plan))
            sum += point.Factor;
        return sum;
    }
}
