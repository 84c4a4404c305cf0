using System.Globalization;
using Faults.Support;
using Microsoft.ML;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using MlNetLr.Tests;

namespace Faults.LongRuns;

/// <summary>
/// Many short fits, of which three quarters fail: a listener throws, the loss diverges, the token cancels, each at a random step.
/// Afterwards nothing is left of them. Measured in a process of its own.
/// </summary>
[TestClass]
public sealed class FitCycleTests
{
    private const int Rows = 60, Steps = 48;

    private static readonly Dictionary<string, string?> steady = new()
    {
        ["DOTNET_gcConcurrent"] = "0", ["DOTNET_TieredCompilation"] = "0", ["MALLOC_ARENA_MAX"] = "1", ["OMP_NUM_THREADS"] = "1",
    };

    [TestMethod]
    [DataRow(EngineRun.Managed, 100, 100)]
    [DataRow(EngineRun.Libtorch, 50, 50)]
    public void Fit_HundredTimesWithFailures_LeavesNothingBehind(string engine, int warmup, int fits) => RequireClean(engine, warmup, fits);

    [TestMethod]
    [TestCategory("Slow")]
    [DataRow(EngineRun.Managed, 500, 1000)]
    [DataRow(EngineRun.Libtorch, 300, 1000)]
    public void Fit_ThousandTimesWithFailures_LeavesNothingBehind(string engine, int warmup, int fits) => RequireClean(engine, warmup, fits);

    private static void RequireClean(string engine, int warmup, int fits)
    {
        (int exitCode, string output) = ChildProgram.Run(Measure, string.Create(CultureInfo.InvariantCulture, $"{engine},{warmup},{fits}"), steady, timeout: TimeSpan.FromMinutes(9));
        exitCode.Should().Be(0, output);
        long[] growth = [.. output.Split(',').Select(text => long.Parse(text, CultureInfo.InvariantCulture))];
        growth[0].Should().BeLessThan(5_000_000, "bytes");
        growth[1].Should().BeLessThanOrEqualTo(0, "threads");
        growth[2].Should().Be(0, "tensors");
        growth[3..].Should().OnlyContain(count => count >= fits / 5, "every kind of end happened");
    }

    private static int Measure(string argument)
    {
        string[] parts = argument.Split(',');
        bool torch = parts[0] == EngineRun.Libtorch;
        Func<TorchMlpOptions, Action<TrainingProgress>, bool> fit = torch ? OnLibtorch() : ByTheTrainer();
        var random = new Random(5);
        var ends = new int[4];
        for (int i = 0; i < int.Parse(parts[1], CultureInfo.InvariantCulture); i++) _ = One(i % 4, random, fit);
        Resources start = Resources.Now(torch);
        for (int i = 0; i < int.Parse(parts[2], CultureInfo.InvariantCulture); i++) ends[i % 4] += One(i % 4, random, fit);
        Resources end = Resources.Now(torch);
        Console.Write(string.Create(CultureInfo.InvariantCulture, $"{end.Bytes - start.Bytes},{end.Threads - start.Threads},{end.Tensors - start.Tensors},{string.Join(',', ends)}"));
        return 0;
    }

    /// <summary>1 if the fit ended as it had to.</summary>
    private static int One(int kind, Random random, Func<TorchMlpOptions, Action<TrainingProgress>, bool> fit)
    {
        int at = random.Next(1, Steps - 3);
        using var cancellation = new CancellationTokenSource();
        TorchMlpOptions options = EngineRun.Options(epochs: 8);
        options.CancellationToken = cancellation.Token;
        Action<TrainingProgress> listen = kind == 1 ? progress => { if (progress.Step >= at) throw new TimeZoneNotFoundException("thrown by the listener"); } : _ => { };
        // A function of the step is the one place that a test can reach at every step.
        if (kind == 2) (options.Optimizer, options.Schedule) = (Optimizers.Sgd(1), LrSchedule.Function(u => u * Steps >= at ? 1e30 : 0.01, TrainingSpan.Rest, "cliff"));
        if (kind == 3) options.Schedule = LrSchedule.Function(u => { if (u < 1 && u * Steps >= at) cancellation.Cancel(); return 0.01; }, TrainingSpan.Rest, "cancels");
        try
        {
            return fit(options, listen) && kind == 0 ? 1 : 0;
        }
        catch (TimeZoneNotFoundException) when (kind == 1)
        {
            return 1;
        }
        catch (TrainingDivergedException) when (kind == 2)
        {
            return 1;
        }
        catch (OperationCanceledException) when (kind == 3)
        {
            return 1;
        }
    }

    private static Func<TorchMlpOptions, Action<TrainingProgress>, bool> ByTheTrainer()
    {
        var context = new MLContext(seed: 1);
        IDataView data = MadeUp.View(context, Rows);
        return (options, listen) =>
        {
            options.Progress = new Listener(listen);
            return context.Regression.Trainers.TorchMlp(options).Fit(data).Model.History!.Epochs.Length == 8;
        };
    }

    private static Func<TorchMlpOptions, Action<TrainingProgress>, bool> OnLibtorch()
    {
        TrainingData data = MadeUp.Data(Rows);
        return (options, listen) => EngineRun.Train(EngineRun.Libtorch, data, options, listen).History.Epochs.Length == 8;
    }

    private sealed class Listener(Action<TrainingProgress> listen) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => listen(value);
    }
}
