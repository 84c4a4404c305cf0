using System.Globalization;
using System.Text;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch;

namespace MlNetLr.Benchmarks.Search;

/// <summary>One real training run.</summary>
/// <param name="Losses">Validation loss after each epoch.</param>
/// <param name="Judged">Validation loss at the end of a short decay forked off so that it ends at the rung, for each of <see cref="LearningCurves.Rungs"/>.</param>
internal sealed record LearningCurve(double[] Losses, double[] Judged)
{
    public double Final => Losses[^1];
}

/// <summary>
/// 1,664 learning curves of <c>TorchMlp</c>: 2 data sets x 4 optimizers x 4 schedules x 13 rates x 2 widths x 2 seeds,
/// 27 epochs each, and for each the losses of decays forked at two rungs.
/// </summary>
internal static class LearningCurves
{
    public const int Epochs = 27, RateCount = 13, Seeds = 2;
    public static readonly int[] Rungs = [3, 9];
    public static readonly string[] Sets = ["friedman", "teacher"];
    public static readonly string[] OptimizerNames = ["adamw", "sgd", "lion", "rmsprop"];
    public static readonly string[] ScheduleNames = ["cosine", "linear", "wsd", "constant"];
    public static readonly int[] Widths = [16, 64];

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
            _ => warmup.Hold(),
        };
    }

    /// <summary>The epochs of a fork that ends at a rung: a fifth of it.</summary>
    public static int BranchOf(int rung) => Math.Max(1, (int)Math.Round(0.2 * rung));

    /// <summary>Trains them all; the same machine gives the same bits.</summary>
    public static string Train(Action<int, int> progress)
    {
        var ml = new MLContext(seed: 1);
        var data = Sets.ToDictionary(set => set, set => Load(ml, set));
        var runs = (from set in Sets
                    from optimizer in OptimizerNames
                    from schedule in ScheduleNames
                    from rate in Enumerable.Range(0, RateCount)
                    from width in Widths
                    from seed in Enumerable.Range(0, Seeds)
                    select (set, optimizer, schedule, rate, width, seed)).ToArray();
        var lines = new string[runs.Length];
        int done = 0;
        Parallel.For(0, runs.Length, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, i =>
        {
            var run = runs[i];
            TorchMlpOptions Options(LrSchedule schedule, int epochs) => new()
            {
                Optimizer = OptimizerOf(run.optimizer, run.rate),
                Schedule = schedule,
                NumberOfEpochs = epochs,
                HiddenLayers = [run.width, run.width],
                BatchSize = Batch,
                Seed = run.seed,
                NumberOfThreads = 1,
            };
            LrSchedule schedule = ScheduleOf(run.schedule);
            var plan = new TrainingPlan(Rows, Batch, Epochs);
            double[] losses = Fit(ml, data[run.set], Options(schedule, Epochs));
            double[] judged = [.. Rungs.Select(rung => Fit(ml, data[run.set],
                Options(schedule.ForkDecay(plan, plan.StepsPerEpoch * (rung - BranchOf(rung)), LrSchedule.Linear(TrainingSpan.Rest)), rung))[^1])];
            lines[i] = $"{Key(run.set, run.optimizer, run.schedule, run.rate, run.width, run.seed)},{string.Join(',', losses.Concat(judged).Select(loss => loss.ToString("G5", CultureInfo.InvariantCulture)))}";
            progress(Interlocked.Increment(ref done), runs.Length);
        });
        return $"# data set, optimizer, schedule, rate, width, seed, {Epochs} validation losses, losses of decays forked to end at epochs {string.Join(" and ", Rungs)}\n" + string.Join('\n', lines) + "\n";
    }

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

    private const int Rows = 1000, Batch = 50;

    private static double[] Fit(MLContext ml, (IDataView Train, IDataView Validation) data, TorchMlpOptions options)
    {
        var losses = new List<double>();
        options.Progress = new Listener(losses);
        try
        {
            ml.Regression.Trainers.TorchMlp(options).Fit(data.Train, data.Validation);
        }
        catch (TrainingDivergedException)
        {
            while (losses.Count < options.NumberOfEpochs) losses.Add(double.NaN);
        }
        return [.. losses];
    }

    private sealed class Row
    {
        [VectorType(10)]
        public float[] Features { get; set; } = [];
        public float Label { get; set; }
    }

    /// <summary>Two noisy functions of ten numbers: Friedman's first (1991), and a random network of two layers.</summary>
    private static (IDataView Train, IDataView Validation) Load(MLContext ml, string set)
    {
        var random = new Random(7);
        float[][] hidden = [.. Enumerable.Range(0, 12).Select(_ => Enumerable.Range(0, 10).Select(_ => (float)(random.NextDouble() * 4 - 2)).ToArray())];
        Row Next()
        {
            float[] x = [.. Enumerable.Range(0, 10).Select(_ => random.NextSingle() * 2 - 1)];
            double U(int i) => 0.5 * (x[i] + 1);
            double y = set == "friedman"
                ? 10 * Math.Sin(Math.PI * U(0) * U(1)) + 20 * Math.Pow(U(2) - 0.5, 2) + 10 * U(3) + 5 * U(4)
                : hidden.Select((w, h) => (h % 2 == 0 ? 1 : -1) * Math.Tanh(w.Zip(x, (a, b) => a * b).Sum())).Sum();
            double noise = random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5;
            return new Row { Features = x, Label = (float)(y + (set == "friedman" ? 1.0 : 0.3) * noise) };
        }
        Row[] rows = [.. Enumerable.Range(0, Rows + 1000).Select(_ => Next())];
        return (ml.Data.LoadFromEnumerable(rows[..Rows]), ml.Data.LoadFromEnumerable(rows[Rows..]));
    }

    private sealed class Listener(List<double> losses) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => losses.Add(value.ValidationLoss);
    }
}
