using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.ML;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Engines.Cpu;
using Microsoft.ML.Trainers.Torch.Runtime;

namespace MlNetLr.Benchmarks.Compare;

/// <summary>Whole processes that start, fit W1 for 100 steps and end.</summary>
internal static class StartComparison
{
    private static readonly (string Name, string Child)[] Children =
    [
        ("CPU engine", "engine"),
        ("mlContext ... TorchLinear ... Fit", "fit"),
        ("TorchSharp in memory", "torch"),
    ];

    public static Section Run(int rounds)
    {
        var times = Children.Select(_ => new List<double>()).ToArray();
        for (int round = -1; round < Math.Max(3, rounds / 3); round++)
            for (int i = 0; i < Children.Length; i++)
            {
                double took = ChildProcess.Run(StartChildCommand.Word, Children[i].Child).TotalMilliseconds;
                if (round >= 0) times[i].Add(took);
            }
        double Ratio(int a, int b) => Statistics.Median([.. times[a].Zip(times[b], (x, y) => x / y)]);
        return new Section(
            "start: process start, 100 steps of W1, exit", "ms",
            [.. Children.Zip(times, (child, laps) => (child.Name, Statistics.Median(laps), laps.Min()))],
            [
                new Bar("CPU engine / TorchSharp", Ratio(0, 2), 0.25, AtLeast: false),
                new Bar("whole ML.NET fit / TorchSharp alone", Ratio(1, 2), 1, AtLeast: false),
            ],
            "The time of `dotnet benchmarks.dll`, the .NET runtime's own start included.");
    }

    /// <summary>What the child process does. A method for each child: none loads the libraries of another.</summary>
    public static void Work(string child)
    {
        Workload workload = Workload.All[0];
        if (child == "engine") Engine(workload, workload.Data());
        else if (child == "fit") Fit(workload, workload.Data());
        else Torch(workload, workload.Data());
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Engine(Workload workload, TrainingData data)
    {
        using var loop = new EngineLoop("engine", new CpuEngine(workload.Network(), workload.Loss, data), workload);
        loop.Steps(100);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Fit(Workload workload, TrainingData data)
    {
        var context = new MLContext(seed: 1);
        context.Regression.Trainers.TorchLinear(new TorchLinearOptions
        {
            Optimizer = workload.Optimizer,
            Schedule = LrSchedule.Constant,
            NumberOfEpochs = 10,
            BatchSize = workload.Batch,
            Device = Device.Cpu,
        }).Fit(TableRow.View(context, data));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Torch(Workload workload, TrainingData data)
    {
        Libtorch.EnsureLoaded();
        using var loop = new TorchInMemory(workload, data, threads: 1);
        loop.Steps(100);
    }
}

/// <summary>This program again, as a process of its own.</summary>
internal static class ChildProcess
{
    public static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet") start.ArgumentList.Add(typeof(ChildProcess).Assembly.Location);
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        return Process.Start(start) ?? throw new InvalidOperationException("The child process did not start.");
    }

    /// <summary>How long it takes, start and end included.</summary>
    public static TimeSpan Run(params string[] arguments)
    {
        long begin = Stopwatch.GetTimestamp();
        Output(arguments);
        return Stopwatch.GetElapsedTime(begin);
    }

    /// <summary>What it prints.</summary>
    public static string Output(params string[] arguments)
    {
        using Process process = Start(arguments);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"The child process '{string.Join(' ', arguments)}' failed with {process.ExitCode}.");
        return output;
    }
}
