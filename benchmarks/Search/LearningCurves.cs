using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Microsoft.ML;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.TrainerSearch;

namespace MlNetLr.Benchmarks.Search;

/// <summary>One real training run.</summary>
/// <param name="Losses">Validation loss after each epoch.</param>
/// <param name="Judged">Validation loss at the end of a short decay forked off so that it ends at the rung, for each of <see cref="LearningCurves.Rungs"/>.</param>
internal sealed record LearningCurve(double[] Losses, double[] Judged)
{
    public double Final => Losses[^1];
}

/// <summary>
/// 2,080 learning curves of <c>TorchMlp</c>: 2 data sets (California housing, a regression, and handwritten digits of ten classes) x
/// 4 optimizers x 5 schedules x 13 rates x 2 widths x 2 seeds, 27 epochs each, and for each the losses of decays forked at two rungs.
/// The stored table holds losses only, no row of the data.
/// </summary>
internal static class LearningCurves
{
    public const int Epochs = 27, RateCount = 13, Seeds = 2;
    public static readonly int[] Rungs = [3, 9];
    public static readonly string[] Sets = ["housing", "digits"];
    public static readonly string[] OptimizerNames = ["adamw", "sgd", "lion", "rmsprop"];
    public static readonly string[] ScheduleNames = ["cosine", "linear", "wsd", "constant", "onecycle"];
    public static readonly int[] Widths = [16, 64];

    /// <summary>The first six cells of a curve's line.</summary>
    public static string Key(string set, string optimizer, string schedule, int rate, int width, int seed) =>
        string.Create(CultureInfo.InvariantCulture, $"{set},{optimizer},{schedule},{rate},{width},{seed}");

    public static Optimizer OptimizerOf(string name, int rate)
    {
        double place = rate / (RateCount - 1.0);
        double Between(double low, double high) => low * Math.Pow(high / low, place);
        return name switch
        {
            "adamw" => Optimizers.AdamW(Between(1e-4, 1e-1)),
            "sgd" => Optimizers.SgdW(Between(1e-3, 1), momentum: 0.9),
            "lion" => Optimizers.Lion(Between(1e-5, 1e-2)),
            _ => Optimizers.RmsProp(Between(1e-4, 1e-1)),
        };
    }

    public static LrSchedule ScheduleOf(string name)
    {
        LrSchedule warmup = LrSchedule.Warmup(1.Epochs());
        return name switch
        {
            "cosine" => warmup.Cosine(TrainingSpan.Rest),
            "linear" => warmup.Linear(TrainingSpan.Rest),
            "wsd" => warmup.Hold().Linear(0.2.OfRun()),
            "onecycle" => LrSchedule.OneCycle(),
            _ => warmup.Hold(),
        };
    }

    /// <summary>What a search knows of a schedule before its run ends.</summary>
    public static ScheduleOutlook OutlookOf(string schedule) =>
        ScheduleOutlook.Of(new TorchMlpOptions { Schedule = ScheduleOf(schedule), NumberOfEpochs = Epochs, BatchSize = Batch }, CurveData.Rows);

    /// <summary>The epochs of a fork that ends at a rung: a fifth of it.</summary>
    public static int BranchOf(int rung) => Math.Max(1, (int)Math.Round(0.2 * rung));

    /// <summary>The first line of a table.</summary>
    public static string Header => $"# data set, optimizer, schedule, rate, width, seed, {Epochs} validation losses, losses of decays forked to end at epochs {string.Join(" and ", Rungs)}";

    /// <summary>The lines of all keys of <see cref="Keys"/> that <paramref name="isDone"/> does not know, in any order; the same machine gives the same bits.</summary>
    /// <param name="data">The file of each data set.</param>
    /// <param name="isDone">Whether a line is there already.</param>
    /// <param name="write">Takes a line.</param>
    /// <param name="cancellation">Ends the work after the curves at hand.</param>
    public static void Train(IReadOnlyDictionary<string, string> data, Func<string, bool> isDone, Action<string> write, CancellationToken cancellation)
    {
        var ml = new MLContext(seed: 1);
        Dictionary<string, CurveData> sets = Sets.ToDictionary(set => set, set => CurveData.Load(ml, set, data[set]));
        (string Set, string Optimizer, string Schedule, int Rate, int Width, int Seed)[] missing = [.. Keys.Where(run => !isDone(Key(run)))];
        Parallel.ForEach(Partitioner.Create(missing, EnumerablePartitionerOptions.NoBuffering), new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, (run, state) =>
        {
            if (cancellation.IsCancellationRequested)
            {
                state.Stop();
                return;
            }
            CurveData rows = sets[run.Set];
            TorchMlpOptions Options(LrSchedule schedule, int epochs) => new()
            {
                Optimizer = OptimizerOf(run.Optimizer, run.Rate),
                Schedule = schedule,
                NumberOfEpochs = epochs,
                HiddenLayers = [run.Width, run.Width],
                BatchSize = Batch,
                Seed = run.Seed,
                NumberOfThreads = 1,
            };
            LrSchedule schedule = ScheduleOf(run.Schedule);
            var plan = new TrainingPlan(CurveData.Rows, Batch, Epochs);
            double[] losses = rows.Fit(ml, Options(schedule, Epochs));
            double[] judged = [.. Rungs.Select(rung => rows.Fit(ml,
                Options(schedule.ForkDecay(plan, plan.StepsPerEpoch * (rung - BranchOf(rung)), LrSchedule.Linear(TrainingSpan.Rest)), rung))[^1])];
            string line = $"{Key(run)},{string.Join(',', losses.Concat(judged).Select(loss => loss.ToString("G5", CultureInfo.InvariantCulture)))}";
            lock (sets) write(line);
        });
    }

    /// <summary>What identifies each curve, in the order of the table.</summary>
    public static IEnumerable<(string Set, string Optimizer, string Schedule, int Rate, int Width, int Seed)> Keys =>
        from set in Sets
        from optimizer in OptimizerNames
        from schedule in ScheduleNames
        from rate in Enumerable.Range(0, RateCount)
        from width in Widths
        from seed in Enumerable.Range(0, Seeds)
        select (set, optimizer, schedule, rate, width, seed);

    private static string Key((string Set, string Optimizer, string Schedule, int Rate, int Width, int Seed) run) =>
        Key(run.Set, run.Optimizer, run.Schedule, run.Rate, run.Width, run.Seed);

    public static Dictionary<string, LearningCurve> Read(string table) => table.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Where(line => line[0] != '#')
        .Select(line => line.Split(','))
        .ToDictionary(
            cells => string.Join(',', cells[..6]),
            cells =>
            {
                double[] numbers = [.. cells[6..].Select(cell => double.Parse(cell, CultureInfo.InvariantCulture))];
                return new LearningCurve(numbers[..Epochs], numbers[Epochs..]);
            });

    /// <summary>The table kept beside this file.</summary>
    public static string Stored()
    {
        using Stream stream = typeof(LearningCurves).Assembly.GetManifestResourceStream("learning-curves.csv")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    private const int Batch = 32;
}
