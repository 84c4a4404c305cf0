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
internal sealed class QualityRun(QualityData data, int firstSeed, int seeds, IReadOnlyList<QualityContestant> contestants, TimeSpan limit, bool remarks = false)
{
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(5);

    private readonly FitGuard guard = new(limit, patience);
    private readonly List<string> notes = [];
    private readonly Dictionary<string, string> stopped = [];

    public QualityTable Run()
    {
        (TableFile all, int label, TableFile? fixedTest) = Read();
        int runs = data.Splits > 1 ? data.Splits : seeds;
        var table = new QualityTable(data.Title, data.Task, 0, 0, 0, data.Splits > 1, []);
        var results = new List<QualityResult>();
        var unknown = new SortedSet<string>(StringComparer.Ordinal);
        for (int run = firstSeed; run < firstSeed + runs; run++)
        {
            (TableFile train, TableFile test) = fixedTest is not null ? (all, fixedTest)
                : TableSplit.Draw(all, label, data.Task, data.TestFraction, data.Splits > 1 ? run : 1);
            // Fitted to the training rows of this run alone, and the same arrays for all contestants.
            var encoder = new TableEncoder(train, label, data.Task, run == firstSeed ? notes : null);
            TableEncoder.Row[] trainRows = encoder.Rows(train), testRows = encoder.Rows(test);
            unknown.UnionWith(encoder.Unknown(test));
            if (fixedTest is not null) CheckTest(testRows, train, test, label);
            table = table with { TrainRows = trainRows.Length, TestRows = testRows.Length, Features = encoder.Width };
            foreach (QualityContestant contestant in contestants)
            {
                QualityResult result = FitAndTest(contestant, encoder, trainRows, testRows, run);
                results.Add(result);
                string outcome = result.Failure ?? string.Join("  ", result.Figures.Select(QualityReport.Text));
                Console.Error.WriteLine($"{data.Title}  run {run} of {firstSeed}..{firstSeed + runs - 1}  {contestant.Name,-22} {outcome}  {result.Seconds:F1} s");
            }
        }
        if (unknown.Count > 0) notes.Add($"Test rows of classes that no training row has are left out: {string.Join(", ", unknown.Select(name => $"'{name}'"))}.");
        return table with { Results = results, Notes = notes };
    }

    private (TableFile All, int Label, TableFile? Test) Read()
    {
        TableFile file = TableFile.Read(data.File, data.Label);
        (TableFile table, int label) = TableFeatures.Choose(file, file.Column(data.Label), notes);
        TableFile all = TableLabel.Labelled(table, label, data.Task, data.File, notes);
        // What is wrong with the label is said of the whole file, before rows are drawn from it.
        TableLabel.Check(all, label, data.Task);
        if (data.TestFile is not { } path) return (all, label, null);
        TableFile test = TableFile.Read(path, file.HasHeader ? file.Names[file.Column(data.Label)] : data.Label);
        test = TableLabel.Labelled(test.InOrderOf(table, path), label, data.Task, path, notes);
        if (data.Task == TableTask.Regression) TableLabel.Check(test, label, data.Task);
        return (all, label, test);
    }

    private void CheckTest(TableEncoder.Row[] rows, TableFile train, TableFile test, int label)
    {
        if (data.Task == TableTask.Regression) return;
        if (rows.Length == 0)
            throw new ArgumentException($"{data.TestFile} must have rows of the classes of the training rows ({Some(train)}) but has {Some(test)}. Write the classes alike in both files.");
        if (data.Task == TableTask.Binary && rows.All(row => row.IsSecond == rows[0].IsSecond))
            throw new ArgumentException($"{data.TestFile} must have rows of both classes ({Some(train)}) but has {Some(test)}. AUC compares rows of one class with rows of the other.");

        string Some(TableFile file) => string.Join(", ", TableLabel.Classes(file, label).Take(5).Select(name => $"'{name}'"));
    }

    /// <summary>A contestant that cannot train on a table, or not be tested on it, or takes too long, has no figures; the others go on.</summary>
    private QualityResult FitAndTest(QualityContestant contestant, TableEncoder encoder, TableEncoder.Row[] train, TableEncoder.Row[] test, int run)
    {
        // It would take as long again, run by run, perhaps beside a first one that never ended.
        if (stopped.TryGetValue(contestant.Name, out string? before)) return Without(contestant, run, 0, before);
        var ml = new MLContext(seed: run);
        if (remarks) ml.Log += (_, entry) => Remark(entry.Message);
        var clock = Stopwatch.StartNew();
        Guarded<(double[] Figures, double Seconds)> outcome = guard.Run(() =>
        {
            IDataView trainView = encoder.View(ml, train), testView = encoder.View(ml, test);
            var fit = Stopwatch.StartNew();
            ITransformer model = contestant.Make(ml, data.Task, run).Fit(trainView);
            double spent = fit.Elapsed.TotalSeconds;
            return (Scores.Evaluate(ml, data.Task, model.Transform(testView)), spent);
        }, ml.CancelExecution);
        if (outcome.Failure is null) return new QualityResult(contestant.Name, run, outcome.Result.Figures, outcome.Result.Seconds);
        if (outcome.WasStopped) stopped[contestant.Name] = outcome.Failure;
        if (outcome.RunsOn) notes.Add($"{contestant.Name} did not stop when it was asked to and ran on beside those after it: their seconds say little.");
        return Without(contestant, run, clock.Elapsed.TotalSeconds, outcome.Failure);
    }

    private QualityResult Without(QualityContestant contestant, int run, double seconds, string failure) =>
        new(contestant.Name, run, [.. Scores.Of(data.Task).Select(_ => double.NaN)], seconds, failure);

    /// <summary>What the held-out folds of TorchTabular told.</summary>
    private static void Remark(string message)
    {
        if (message.Contains("First fold") || message.Contains("Held-out")) Console.Error.WriteLine(message);
    }
}
