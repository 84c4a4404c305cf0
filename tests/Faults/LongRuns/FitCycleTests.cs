using System.Globalization;
using System.Reflection;
using Faults.Support;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using MlNetLr.Tests;

namespace Faults.LongRuns;

/// <summary>
/// Many short fits, most of which fail: a listener throws, the loss diverges, the token or the context's own CancelExecution cancels,
/// each at a random step. Afterwards nothing is left of them. Measured in a process of its own.
/// </summary>
[TestClass]
public sealed class FitCycleTests
{
    private const int Rows = 60, Steps = 48;
    private const string Module = "module";

    private static readonly Dictionary<string, string?> steady = new()
    {
        ["DOTNET_gcConcurrent"] = "0", ["DOTNET_TieredCompilation"] = "0", ["MALLOC_ARENA_MAX"] = "1", ["OMP_NUM_THREADS"] = "1",
    };

    private enum End
    {
        Completed,
        ListenerThrew,
        Diverged,
        CancelledByToken,
        CancelledByContext,
    }

    [TestMethod]
    [DataRow(EngineRun.Managed, 100, 100)]
    [DataRow(EngineRun.Libtorch, 50, 50)]
    [DataRow(Module, 50, 100)]
    public void Fit_ManyTimesWithFailures_LeavesNothingBehind(string engine, int warmup, int fits) => RequireClean(engine, warmup, fits);

    [TestMethod]
    [TestCategory("Slow")]
    [DataRow(EngineRun.Managed, 500, 3000)]
    [DataRow(EngineRun.Libtorch, 300, 1000)]
    [DataRow(Module, 300, 1000)]
    public void Fit_ThousandTimesWithFailures_LeavesNothingBehind(string engine, int warmup, int fits) => RequireClean(engine, warmup, fits);

    private static void RequireClean(string engine, int warmup, int fits)
    {
        (int exitCode, string output) = ChildProgram.Run(Measure, string.Create(CultureInfo.InvariantCulture, $"{engine},{warmup},{fits}"), steady, timeout: TimeSpan.FromMinutes(9));
        exitCode.Should().Be(0, output);
        Console.WriteLine($"{engine}, {fits} fits: growth in bytes, threads, tensors; ends of each kind: {output}");
        long[] growth = [.. output.Split('|')[0].Split(',').Select(text => long.Parse(text, CultureInfo.InvariantCulture))];
        growth[0].Should().BeLessThan(5_000_000, "bytes");
        growth[1].Should().BeLessThanOrEqualTo(0, "threads");
        growth[2].Should().Be(0, "tensors");
        growth[3..].Should().OnlyContain(count => count >= fits / 5, "every kind of end happened");
    }

    private static int Measure(string argument)
    {
        string[] parts = argument.Split(',');
        Func<MLContext?, Action<TrainingOptions>, Action<TrainingProgress>, int> fit = parts[0] switch
        {
            EngineRun.Managed => Managed,
            EngineRun.Libtorch => OnLibtorch(),
            _ => OfAModule,
        };
        bool torch = parts[0] != EngineRun.Managed;
        // The engine alone has no context that could cancel it.
        End[] kinds = parts[0] == EngineRun.Libtorch ? [.. Enum.GetValues<End>().Where(end => end != End.CancelledByContext)] : Enum.GetValues<End>();
        var random = new Random(5);
        var ends = new int[kinds.Length];
        for (int i = 0; i < int.Parse(parts[1], CultureInfo.InvariantCulture); i++) _ = One(kinds[i % kinds.Length], random, fit);
        Resources start = Resources.Now(torch);
        for (int i = 0; i < int.Parse(parts[2], CultureInfo.InvariantCulture); i++) ends[i % kinds.Length] += One(kinds[i % kinds.Length], random, fit) ? 1 : 0;
        Resources end = Resources.Now(torch);
        // A thread that has been told to end takes a moment on a busy machine.
        for (int i = 0; i < 20 && end.Threads > start.Threads; i++)
        {
            Thread.Sleep(100);
            end = Resources.Now(torch);
        }
        Console.Write(string.Create(CultureInfo.InvariantCulture, $"{end.Bytes - start.Bytes},{end.Threads - start.Threads},{end.Tensors - start.Tensors},{string.Join(',', ends)}|{string.Join(", ", Resources.ThreadNames().Order())}"));
        return 0;
    }

    /// <summary>Whether the fit ended as it had to.</summary>
    private static bool One(End end, Random random, Func<MLContext?, Action<TrainingOptions>, Action<TrainingProgress>, int> fit)
    {
        int at = random.Next(1, Steps - 3);
        using var cancellation = new CancellationTokenSource();
        MLContext? own = end == End.CancelledByContext ? new MLContext(seed: 1) : null;
        void Change(TrainingOptions options)
        {
            options.CancellationToken = cancellation.Token;
            // A function of the step is the one place that a test can reach at every step.
            LrSchedule At(Action reached) => LrSchedule.Function(u => { if (u < 1 && u * Steps >= at) reached(); return 0.01; }, TrainingSpan.Rest, "reaches");
            if (end == End.Diverged) (options.Optimizer, options.Schedule) = (Optimizers.Sgd(1), LrSchedule.Function(u => u * Steps >= at ? 1e30 : 0.01, TrainingSpan.Rest, "cliff"));
            if (end == End.CancelledByToken) options.Schedule = At(cancellation.Cancel);
            if (end == End.CancelledByContext) options.Schedule = At(() => CancelExecution(own!));
        }
        try
        {
            return fit(own, Change, progress => { if (end == End.ListenerThrew && progress.Step >= at) throw new TimeZoneNotFoundException("thrown by the listener"); }) == 8 && end == End.Completed;
        }
        catch (TimeZoneNotFoundException) when (end == End.ListenerThrew)
        {
            return true;
        }
        catch (TrainingDivergedException) when (end == End.Diverged)
        {
            return true;
        }
        catch (OperationCanceledException) when (end is End.CancelledByToken or End.CancelledByContext)
        {
            return true;
        }
    }

    // What AutoML calls; it is not public.
    private static void CancelExecution(MLContext context) =>
        typeof(MLContext).GetMethod("CancelExecution", BindingFlags.Instance | BindingFlags.NonPublic)!.Invoke(context, null);

    private static readonly MLContext shared = new(seed: 1);
    private static readonly IDataView rows = MadeUp.View(shared, Rows);

    private static int Managed(MLContext? context, Action<TrainingOptions> change, Action<TrainingProgress> listen)
    {
        TorchMlpOptions options = EngineRun.Options(epochs: 8);
        options.Progress = new Listener(listen);
        change(options);
        return (context ?? shared).Regression.Trainers.TorchMlp(options).Fit(rows).Model.History!.Epochs.Length;
    }

    // Every other model is disposed of, the rest left to the finalizers.
    private static int OfAModule(MLContext? context, Action<TrainingOptions> change, Action<TrainingProgress> listen)
    {
        TorchModuleOptions options = OwnNetwork.Options(epochs: 8);
        options.Progress = new Listener(listen);
        change(options);
        var model = (context ?? shared).Regression.Trainers.TorchModule(options).Fit(rows);
        float sum = model.Transform(rows).GetColumn<float>("Score").Sum();
        if (sum > 0) model.Dispose();
        return float.IsFinite(sum) ? model.Model.History!.Epochs.Length : -1;
    }

    private static Func<MLContext?, Action<TrainingOptions>, Action<TrainingProgress>, int> OnLibtorch()
    {
        TrainingData data = MadeUp.Data(Rows);
        return (_, change, listen) =>
        {
            TorchMlpOptions options = EngineRun.Options(epochs: 8);
            change(options);
            return EngineRun.Train(EngineRun.Libtorch, data, options, listen).History.Epochs.Length;
        };
    }

    private sealed class Listener(Action<TrainingProgress> listen) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => listen(value);
    }
}
