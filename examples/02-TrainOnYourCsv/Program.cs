using System.Diagnostics;
using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch;

namespace TrainOnYourCsv;

/// <summary>Trains TorchMlp on any CSV file and prints ML.NET's metrics next to those of its own Sdca.</summary>
internal static class Program
{
    private static int Main(string[] arguments) => Run(arguments, Console.Out, Console.Error);

    /// <returns>0, or 1 after one line on <paramref name="error"/>.</returns>
    internal static int Run(string[] arguments, TextWriter output, TextWriter error)
    {
        try
        {
            Train(CommandLine.Parse(arguments), output);
            return 0;
        }
        catch (Exception exception) when (exception is UserError or ArgumentException or InvalidOperationException or FormatException
            or IOException or UnauthorizedAccessException or TrainingDivergedException)
        {
            error.WriteLine(exception.Message.ReplaceLineEndings(" "));
            return 1;
        }
    }

    private static void Train(CommandLine command, TextWriter output)
    {
        var ml = new MLContext(seed: 1);

        // What is in the file?
        LearningTask task = LearningTask.Named(command.Task, command.Label);
        TorchMlpOptions options = Options(command, output);
        CsvFile file = CsvFile.Open(ml, command.Data, command.Label);
        var preparation = new Preparation(file, task, command.Ignore);
        output.WriteLine($"{file.Name}: {file.RowCount:N0} rows; features: {preparation.Numbers.Count} of numbers, {preparation.Texts.Count} of texts; label: {command.Label}");

        // Rows to train on and rows to test on.
        (IDataView trainRows, IDataView testRows) = Split(ml, command, task, file, preparation);
        if (task.MapLabel(ml, file[command.Label]) is { } mapLabel)
        {
            ITransformer labels = mapLabel.Fit(preparation.Load(file));
            (trainRows, testRows) = (labels.Transform(trainRows), labels.Transform(testRows));
        }

        // The features are prepared once, for both trainers.
        ITransformer features = preparation.Features(ml).Fit(trainRows);
        IDataView train = ml.Data.Cache(features.Transform(trainRows));
        IDataView test = ml.Data.Cache(features.Transform(testRows));

        var results = new List<Result>();
        ITransformer torch = Measure("TorchMlp", task.TorchMlp(ml, options));
        Measure("Sdca", task.Sdca(ml));
        Result.Print(results, output);

        if (command.Metrics is { } metrics) File.WriteAllText(metrics, Result.ToJson(command.Task, results));
        if (command.Save is { } path)
        {
            ml.Model.Save(features.Append(torch), trainRows.Schema, path);
            output.WriteLine($"saved {path}");
        }

        ITransformer Measure(string name, IEstimator<ITransformer> trainer)
        {
            var clock = Stopwatch.StartNew();
            ITransformer model = trainer.Fit(train);
            TimeSpan time = clock.Elapsed;
            results.Add(new Result(name, task.Evaluate(ml, model.Transform(test)), time));
            return model;
        }
    }

    private static TorchMlpOptions Options(CommandLine command, TextWriter output)
    {
        var options = new TorchMlpOptions { LabelColumnName = command.Label, FeatureColumnName = LearningTask.Features, Progress = new EpochLines(output) };
        if (command.Epochs is { } epochs) options.NumberOfEpochs = epochs;
        if (command.Optimizer is { } optimizer) options.Optimizer = Optimizer.Parse(optimizer);
        if (command.Schedule is { } schedule) options.Schedule = LrSchedule.Parse(schedule);
        return options;
    }

    private static (IDataView Train, IDataView Test) Split(MLContext ml, CommandLine command, LearningTask task, CsvFile file, Preparation preparation)
    {
        const int FewestRows = 10;
        IDataView rows = preparation.Load(file);
        if (command.Test is { } path)
        {
            CsvFile testFile = CsvFile.Open(ml, path, command.Label);
            task.CheckTest(file, testFile);
            return (rows, preparation.Load(testFile));
        }
        if (file.RowCount < FewestRows)
            throw new UserError($"{file.Name} must have at least {FewestRows} rows to be split but has {file.RowCount}. Give test rows with --test.");
        DataOperationsCatalog.TrainTestData split = ml.Data.TrainTestSplit(rows, testFraction: 0.2, seed: 1);
        return (split.TrainSet, split.TestSet);
    }
}
