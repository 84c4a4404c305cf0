using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.TrainerSearch;
using Microsoft.ML.Transforms;
using MlNetLr.Benchmarks.Quality;

namespace MlNetLr.Benchmarks.Search;

/// <summary>
/// What forty trials of the ready space are worth on a real table: the best configuration, found on rows held out of the training
/// rows and trained anew on all of them, against the trainer's defaults, both on test rows that no trial has seen.
/// </summary>
internal sealed class SearchReal : Command
{
    private const string Features = nameof(TableEncoder.Row.Features);

    public override string Name => "search-real";

    public override string Summary =>
        "TorchMlp searched against its defaults on test rows: --data FILE --label NAME --task regression|binary|multiclass [--test FILE] [--trials 40] [--epochs 50] [--seeds 5] [--search-seed 1] [--storage FILE]";

    public override int Run(IReadOnlyList<string> arguments)
    {
        var given = new Dictionary<string, string>();
        string[] known = ["data", "label", "task", "test", "trials", "epochs", "seeds", "search-seed", "storage"];
        for (int i = 0; i < arguments.Count; i += 2)
        {
            string name = arguments[i].TrimStart('-');
            if (!known.Contains(name) || i + 1 == arguments.Count) return Refuse($"'{arguments[i]}' is not known, or lacks its value.");
            given[name] = arguments[i + 1];
        }
        foreach (string needed in known[..3])
            if (!given.ContainsKey(needed)) return Refuse($"--{needed} is missing.");
        if (!Enum.TryParse(given["task"], ignoreCase: true, out TableTask task)) return Refuse($"--task must be regression, binary or multiclass but was '{given["task"]}'.");
        int Number(string name, int usual) => given.TryGetValue(name, out string? text) ? int.Parse(text) : usual;
        return Compare(given["data"], given["label"], task, given.GetValueOrDefault("test"), Number("trials", 40), Number("epochs", 50), Number("seeds", 5), Number("search-seed", 1), given.GetValueOrDefault("storage"));
    }

    private int Refuse(string problem)
    {
        Console.Error.WriteLine(problem);
        Console.Error.WriteLine(Summary);
        return 2;
    }

    private static int Compare(string data, string labelName, TableTask task, string? testFile, int trials, int epochs, int seeds, int searchSeed, string? storagePath)
    {
        var ml = new MLContext(seed: 1);
        TableFile all = TableFile.Read(data);
        int[] order = [.. Enumerable.Range(0, all.Rows.Count)];
        new Random(1).Shuffle(order);
        int tested = testFile is null ? order.Length / 5 : 0, held = (order.Length - tested) / 5;
        TableFile test = testFile is null ? all.Select(order.Take(tested)) : TableFile.Read(testFile);
        TableFile train = all.Select(order.Skip(tested)), first = all.Select(order.Skip(tested + held)), validation = all.Select(order.Skip(tested).Take(held));
        var encoder = new TableEncoder(train, all.Column(labelName), task);
        IDataView trainView = encoder.Encode(ml, train), testView = encoder.Encode(ml, test);
        Console.WriteLine($"{Path.GetFileName(data)}: {first.Rows.Count} rows to train trials on, {validation.Rows.Count} to compare them on, {test.Rows.Count} to test on, {encoder.Width} features");

        // Filled and normalised in front of the search, fitted on the rows that trials train on.
        IEstimator<ITransformer> Preparation() => ml.Transforms.ReplaceMissingValues(Features, replacementMode: MissingValueReplacingEstimator.ReplacementMode.Mean)
            .Append(ml.Transforms.NormalizeMeanVariance(Features));
        var clock = Stopwatch.StartNew();
        using IStudyStorage storage = storagePath is null ? StudyStorage.InMemory() : StudyStorage.Sqlite(storagePath);
        var options = new SearchOptions
        {
            MaximumTrials = trials,
            Pruner = Pruners.Asha(Math.Max(2, epochs / 9), epochs),
            Preparation = Preparation(),
            Seed = searchSeed,
            Storage = storage,
            Progress = new Listener(clock),
        };
        TorchMlpOptions Columns() => new() { LabelColumnName = LabelOf(task), FeatureColumnName = Features };
        (TorchMlpOptions best, TrialRecord trial, ITransformer model, long spent, int count) = Search(ml, task, encoder.Encode(ml, first), encoder.Encode(ml, validation), SearchSpaces.TorchMlp(epochs, Columns), options);
        Console.WriteLine($"{count} trials, {spent} epochs instead of {(long)count * epochs}, {clock.Elapsed.TotalSeconds:F0} s");
        Console.WriteLine($"best, trial {trial.Number}: {trial.Configuration}");

        (string metric, bool moreIsBetter) = Scores.Of(task)[0];
        double Tested(TorchMlpOptions with, int seed)
        {
            with.Seed = seed;
            return Scores.Evaluate(ml, task, Preparation().Append(TrainerOf(ml, task, with)).Fit(trainView).Transform(testView))[0];
        }
        double[] byDefault = new double[seeds], found = new double[seeds];
        for (int seed = 0; seed < seeds; seed++)
        {
            (byDefault[seed], found[seed]) = (Tested(Columns(), seed), Tested(best, seed));
            Console.Error.WriteLine($"{clock.Elapsed.TotalSeconds,5:F0} s  seed {seed}: defaults {Number(byDefault[seed])}, best options {Number(found[seed])}");
        }
        Console.WriteLine($"{metric} on the test rows, mean of {seeds} seeds ± deviation [least to greatest]");
        Console.WriteLine($"  defaults, all training rows          {Text(byDefault)}");
        Console.WriteLine($"  best options, all training rows      {Text(found)}");
        Console.WriteLine($"  best model of the search as it is    {Number(Scores.Evaluate(ml, task, model.Transform(testView))[0])}");
        (double p, bool less) = MannWhitney.Test(found, byDefault);
        bool met = p < 0.05 && less != moreIsBetter;
        Console.WriteLine($"the searched options are {(less != moreIsBetter ? "better" : "not better")} by {Number(Math.Abs(found.Average() - byDefault.Average()))}, p = {p:0.000} (Mann-Whitney): {(met ? "met" : "NOT MET")}; {clock.Elapsed.TotalSeconds:F0} s in all");
        return met ? 0 : 1;
    }

    private static (TorchMlpOptions, TrialRecord, ITransformer, long, int) Search(MLContext ml, TableTask task, IDataView train, IDataView validation, SearchSpace<TorchMlpOptions> space, SearchOptions options)
    {
        static (TorchMlpOptions, TrialRecord, ITransformer, long, int) Of<TMetrics>(SearchResult<TorchMlpOptions, TMetrics> result) =>
            (result.BestOptions, result.BestTrial, result.BestModel, result.Epochs, result.Trials.Count);
        return task switch
        {
            TableTask.Regression => Of(ml.Regression.Search(train, validation, space, with => ml.Regression.Trainers.TorchMlp(with), options)),
            TableTask.Binary => Of(ml.BinaryClassification.Search(train, validation, space, with => ml.BinaryClassification.Trainers.TorchMlp(with), options)),
            _ => Of(ml.MulticlassClassification.Search(train, validation, space, with => ml.MulticlassClassification.Trainers.TorchMlp(with), options)),
        };
    }

    private static IEstimator<ITransformer> TrainerOf(MLContext ml, TableTask task, TorchMlpOptions with) => task switch
    {
        TableTask.Regression => ml.Regression.Trainers.TorchMlp(with),
        TableTask.Binary => ml.BinaryClassification.Trainers.TorchMlp(with),
        _ => ml.MulticlassClassification.Trainers.TorchMlp(with),
    };

    private static string LabelOf(TableTask task) => task switch
    {
        TableTask.Regression => nameof(TableEncoder.Row.Value),
        TableTask.Binary => nameof(TableEncoder.Row.IsSecond),
        _ => nameof(TableEncoder.Row.Class),
    };

    private static string Text(double[] values)
    {
        double mean = values.Average(), deviation = Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / Math.Max(1, values.Length - 1));
        return $"{Number(mean)} ± {Number(deviation)} [{Number(values.Min())} to {Number(values.Max())}]";
    }

    private static string Number(double value) => Math.Abs(value) >= 1000 ? value.ToString("F0") : value.ToString("F4");

    private sealed class Listener(Stopwatch clock) : IProgress<SearchProgress>
    {
        public void Report(SearchProgress now)
        {
            if (now.State != TrialState.Running)
                Console.Error.WriteLine($"{clock.Elapsed.TotalSeconds,5:F0} s  trial {now.Trial,3} {now.State,-9} after {now.Epoch,3} epochs  loss {now.Loss:G5}  {(now.Metric is { } metric ? Number(metric) : "")}  best {(now.BestMetric is { } best ? Number(best) : "-")}");
        }
    }
}
