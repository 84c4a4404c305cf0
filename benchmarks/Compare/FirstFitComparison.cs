using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch;

namespace MlNetLr.Benchmarks.Compare;

/// <summary>The first fit of a process, W4's rows being there already: what a user who trains once waits for, code that is yet to be compiled included.</summary>
internal static class FirstFitComparison
{
    private const string Ours = "TorchLinear, 1 epoch", Theirs = "OnlineGradientDescent, 1 iteration";
    private static readonly string[] Trainers = [Ours, Theirs];

    public static Section Run(int rounds)
    {
        var times = Trainers.Select(_ => new List<double>()).ToArray();
        for (int round = 0; round < Math.Max(5, rounds / 3); round++)
            for (int i = 0; i < Trainers.Length; i++)
                times[i].Add(double.Parse(ChildProcess.Output(FirstFitChildCommand.Word, Trainers[i]), CultureInfo.InvariantCulture));
        Workload workload = Workload.All[3];
        return new Section(
            $"W4: the first fit of a process, {workload.Rows:N0} rows of {workload.Columns}", "ms",
            [.. Trainers.Zip(times, (trainer, laps) => (trainer, Statistics.Median([.. laps]), laps.Min()))],
            [], $"Each in fresh processes, in turn; the time of `Fit` alone. OnlineGradientDescent / TorchLinear: {Statistics.Median([.. times[1].Zip(times[0], (theirs, ours) => theirs / ours)]):F2}.");
    }

    /// <summary>What the child process does: prints the milliseconds of its one fit.</summary>
    public static void Work(string trainer)
    {
        Workload workload = Workload.All[3];
        var context = new MLContext(seed: 1);
        IDataView view = TableRow.View(context, workload.Data());
        long start = Stopwatch.GetTimestamp();
        if (trainer == Ours) context.Regression.Trainers.TorchLinear(OneEpoch(workload)).Fit(view);
        else context.Regression.Trainers.OnlineGradientDescent(numberOfIterations: 1).Fit(view);
        Console.WriteLine(Stopwatch.GetElapsedTime(start).TotalMilliseconds.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>One pass at a rate that ends low.</summary>
    public static TorchLinearOptions OneEpoch(Workload workload) => new()
    {
        Optimizer = workload.Optimizer,
        Schedule = LrSchedule.Constant.Linear(0.5.OfRun(), to: 0.02),
        NumberOfEpochs = 1,
        BatchSize = workload.Batch,
        Device = Device.Cpu,
    };
}
