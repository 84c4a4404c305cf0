using System.Diagnostics;
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

/// <summary>Trains and tests all contestants on the same rows in one process.</summary>
internal sealed class QualityRun(QualityData data, int firstSeed, int seeds, IReadOnlyList<QualityContestant> contestants, bool remarks = false)
{
    public QualityTable Run()
    {
        TableFile all = TableFile.Read(data.File, data.Label);
        int label = all.Column(data.Label);
        int runs = data.Splits > 1 ? data.Splits : seeds;
        var table = new QualityTable(data.Title, data.Task, 0, 0, 0, data.Splits > 1, []);
        var results = new List<QualityResult>();
        for (int run = firstSeed; run < firstSeed + runs; run++)
        {
            (TableFile train, TableFile test) = data.TestFile is { } file ? (all, TableFile.Read(file, data.Label)) : Split(all, data.Splits > 1 ? run : 1);
            if (test.Names.Length != train.Names.Length)
                throw new InvalidDataException($"{data.TestFile} must have {train.Names.Length} columns as {data.File} has but has {test.Names.Length}.");
            var encoder = new TableEncoder(train, label, data.Task);
            table = table with { TrainRows = train.Rows.Count, TestRows = test.Rows.Count, Features = encoder.Width };
            foreach (QualityContestant contestant in contestants)
            {
                QualityResult result = FitAndTest(contestant, encoder, train, test, run);
                results.Add(result);
                Console.Error.WriteLine($"{data.Title}  run {run} of {firstSeed}..{firstSeed + runs - 1}  {contestant.Name,-22} {string.Join("  ", result.Figures.Select(QualityReport.Text))}  {result.Seconds:F1} s");
            }
        }
        return table with { Results = results };
    }

    /// <summary>A contestant that cannot train on a table, or not be tested on it, has no figures; the others go on.</summary>
    private QualityResult FitAndTest(QualityContestant contestant, TableEncoder encoder, TableFile train, TableFile test, int run)
    {
        var ml = new MLContext(seed: run);
        if (remarks) ml.Log += (_, entry) => Remark(entry.Message);
        IDataView trainView = encoder.Encode(ml, train), testView = encoder.Encode(ml, test);
        var clock = Stopwatch.StartNew();
        try
        {
            ITransformer model = contestant.Make(ml, data.Task, run).Fit(trainView);
            double spent = clock.Elapsed.TotalSeconds;
            return new QualityResult(contestant.Name, run, Scores.Evaluate(ml, data.Task, model.Transform(testView)), spent);
        }
        catch (Exception fault) when (fault is InvalidOperationException or ArgumentException or InvalidDataException or FormatException or Microsoft.ML.Trainers.Torch.TrainingDivergedException)
        {
            Console.Error.WriteLine($"{data.Title}  {contestant.Name} failed: {fault.Message}");
            return new QualityResult(contestant.Name, run, [.. Scores.Of(data.Task).Select(_ => double.NaN)], clock.Elapsed.TotalSeconds);
        }
    }

    /// <summary>What the held-out folds of TorchTabular told.</summary>
    private static void Remark(string message)
    {
        if (message.Contains("old: ") || message.Contains("olds: ")) Console.Error.WriteLine(message);
    }

    private (TableFile Train, TableFile Test) Split(TableFile all, int seed)
    {
        int[] order = [.. Enumerable.Range(0, all.Rows.Count)];
        new Random(seed).Shuffle(order);
        int test = Math.Clamp((int)Math.Round(data.TestFraction * order.Length), 1, order.Length - 1);
        return (all.Select(order.Skip(test)), all.Select(order.Take(test)));
    }
}
