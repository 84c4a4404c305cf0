using System.Diagnostics;
using System.Text;
using Microsoft.ML;

namespace MlNetLr.Benchmarks.Quality;

/// <summary>One data set: where it is, and what is asked of it. Nothing here reaches a trainer but the rows.</summary>
internal sealed record QualityData(string Title, string File, string Label, TableTask Task)
{
    public string? TestFile { get; init; }

    /// <summary>The part of the rows that is tested on, where there is no test file.</summary>
    public double TestFraction { get; init; } = 0.2;

    /// <summary>Random splits. With one, seeds vary the trainers; with several, each split has one seed.</summary>
    public int Splits { get; init; } = 1;
}

/// <summary>Trains and tests all contestants on the same rows in one process, and says which differences are more than noise.</summary>
internal sealed class QualityRun(QualityData data, int seeds, IReadOnlyList<QualityContestant> contestants)
{
    private readonly Dictionary<string, List<double[]>> figures = [];
    private readonly Dictionary<string, List<double>> seconds = [];

    public string Run()
    {
        TableFile all = TableFile.Read(data.File);
        int label = all.Column(data.Label);
        int runs = data.Splits > 1 ? data.Splits : seeds, width = 0, trainRows = 0, testRows = 0;
        for (int run = 0; run < runs; run++)
        {
            (TableFile train, TableFile test) = data.TestFile is { } file ? (all, TableFile.Read(file)) : Split(all, data.Splits > 1 ? run + 1 : 1);
            var encoder = new TableEncoder(train, label, data.Task);
            (width, trainRows, testRows) = (encoder.Width, train.Rows.Count, test.Rows.Count);
            foreach (QualityContestant contestant in contestants)
            {
                var ml = new MLContext(seed: run + 1);
                IDataView trainView = encoder.Encode(ml, train), testView = encoder.Encode(ml, test);
                var clock = Stopwatch.StartNew();
                ITransformer model = contestant.Make(ml, data.Task, run + 1).Fit(trainView);
                double spent = clock.Elapsed.TotalSeconds;
                double[] result = Scores.Evaluate(ml, data.Task, model.Transform(testView));
                figures.TryAdd(contestant.Name, []);
                seconds.TryAdd(contestant.Name, []);
                figures[contestant.Name].Add(result);
                seconds[contestant.Name].Add(spent);
                Console.Error.WriteLine($"{data.Title}  run {run + 1}/{runs}  {contestant.Name,-22} {string.Join("  ", result.Select(Text))}  {spent:F1} s");
            }
        }
        return Table($"{data.Title}: {trainRows} rows to train on, {testRows} to test on, {width} features, {(data.Splits > 1 ? $"{runs} splits" : $"{runs} seeds")}");
    }

    private (TableFile Train, TableFile Test) Split(TableFile all, int seed)
    {
        int[] order = [.. Enumerable.Range(0, all.Rows.Count)];
        new Random(seed).Shuffle(order);
        int test = Math.Clamp((int)Math.Round(data.TestFraction * order.Length), 1, order.Length - 1);
        return (all.Select(order.Skip(test)), all.Select(order.Take(test)));
    }

    private string Table(string title)
    {
        (string Name, bool MoreIsBetter)[] metrics = Scores.Of(data.Task);
        string first = contestants[0].Name;
        var text = new StringBuilder($"### {title}\n\n| | {string.Join(" | ", metrics.Select(metric => $"{metric.Name} | against {first}"))} | seconds |\n|---|{string.Concat(metrics.Select(_ => "---|---|"))}---|\n");
        foreach (QualityContestant contestant in contestants)
        {
            text.Append($"| {contestant.Name} |");
            for (int i = 0; i < metrics.Length; i++)
            {
                double[] own = [.. figures[contestant.Name].Select(run => run[i])], reference = [.. figures[first].Select(run => run[i])];
                text.Append($" {Text(own.Average())} ± {Text(Deviation(own))} | {(contestant.Name == first ? "" : Verdict(own, reference, metrics[i].MoreIsBetter))} |");
            }
            text.Append($" {seconds[contestant.Name].Average():F1} |\n");
        }
        return text.ToString();
    }

    /// <summary>Runs are paired where they have a split of their own; otherwise a difference counts beyond the deviations of both.</summary>
    private string Verdict(double[] own, double[] reference, bool moreIsBetter)
    {
        if (double.IsNaN(own[0])) return "-";
        double[] differences = [.. own.Zip(reference, (a, b) => moreIsBetter ? a - b : b - a)];
        double mean = differences.Average();
        double noise = data.Splits > 1
            ? 2 * Deviation(differences) / Math.Sqrt(differences.Length)
            : Math.Sqrt(Square(Deviation(own)) + Square(Deviation(reference)));
        string amount = Text(Math.Abs(mean));
        return Math.Abs(mean) <= noise ? $"even ({(mean > 0 ? "better" : "worse")} by {amount})" : mean > 0 ? $"**better** by {amount}" : $"worse by {amount}";
    }

    private static double Square(double value) => value * value;

    private static double Deviation(double[] values)
    {
        if (values.Length < 2) return 0;
        double mean = values.Average();
        return Math.Sqrt(values.Sum(value => Square(value - mean)) / (values.Length - 1));
    }

    private static string Text(double value) =>
        double.IsNaN(value) ? "-" : Math.Abs(value) >= 1000 ? value.ToString("F0") : Math.Abs(value) >= 10 ? value.ToString("F2") : value.ToString("F4");
}
