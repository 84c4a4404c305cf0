using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.TrainerSearch;
using SearchExample;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (Settings.Parse(args) is not { } settings) return 2;

const string folder = "search-study";
try
{
    if (settings.Fresh && Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    Directory.CreateDirectory(folder);
    return Search();
}
catch (Exception error) when (error is InvalidOperationException or IOException or UnauthorizedAccessException or DbException)
{
    // No trial came to its end, or the study's folder or file cannot be used: the message says what to do about it.
    if (!settings.Quiet) Console.Error.WriteLine(error.Message);
    return 1;
}

int Search()
{
    var ml = new MLContext(seed: 1);
    (IDataView train, IDataView validation, IDataView test) = MatrixTimes.Load(ml, Path.Combine(AppContext.BaseDirectory, "matrix-times.csv"));
    var preparation = ml.Transforms.Concatenate("Features", "M", "K", "N", "Product", "Threads")
        .Append(ml.Transforms.NormalizeMeanVariance("Features"));

    // Every other worker is this same program on the same study.
    string[] program = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [Environment.GetCommandLineArgs()[0]] : [];
    Process[] others = [.. Enumerable.Range(1, settings.Workers - 1).Select(_ => Process.Start(new ProcessStartInfo(Environment.ProcessPath!,
        [.. program, "--trials", $"{settings.Trials}", "--epochs", $"{settings.Epochs}", "--quiet"]))!)];

    using var interrupted = new CancellationTokenSource();
    Console.CancelKeyPress += (_, pressed) =>
    {
        pressed.Cancel = true;
        interrupted.Cancel();
    };

    var clock = Stopwatch.StartNew();
    // Runs of another length are another study: their trials do not compare.
    string study = $"{settings.Epochs}-epochs";
    using IStudyStorage storage = StudyStorage.Sqlite(Path.Combine(folder, "study.db"), study);
    SearchResult<TorchMlpOptions, RegressionMetrics> result = ml.Regression.Search(
        train, validation,
        SearchSpaces.TorchMlp(settings.Epochs),
        options => ml.Regression.Trainers.TorchMlp(options),
        new SearchOptions
        {
            MaximumTrials = settings.Trials,
            Pruner = Pruners.Asha(minimumSteps: Math.Max(2, settings.Epochs / 9), maximumSteps: settings.Epochs),
            Preparation = preparation,
            Storage = storage,
            Folder = Path.Combine(folder, study),
            Seed = 1,
            Progress = settings.Quiet ? null : new ConsoleProgress(settings),
            CancellationToken = interrupted.Token,
        });
    foreach (Process other in others) other.WaitForExit();
    if (settings.Quiet) return 0;

    result.SaveHtml(Path.Combine(folder, "report.html"), "Matrix times");
    result.SaveCsv(Path.Combine(folder, "trials.csv"));

    // The defaults, trained the same way, for comparison on rows that no trial has seen.
    double byDefault = ml.Regression.Evaluate(Defaults().Transform(test)).RootMeanSquaredError;
    double found = ml.Regression.Evaluate(result.BestModel.Transform(test)).RootMeanSquaredError;
    Console.WriteLine();
    Console.WriteLine($"{result.Trials.Count} trials, {result.Epochs} epochs instead of {result.Trials.Count * settings.Epochs}, {clock.Elapsed.TotalSeconds:0} s");
    Console.WriteLine($"best: {result.BestTrial.Configuration}");
    Console.WriteLine($"      {result.BestOptions.Optimizer.GetType().Name} at {result.BestOptions.Optimizer.LearningRate:g3}, {result.BestOptions.Schedule}");
    Console.WriteLine($"error of log2(microseconds) on the test rows: {found:0.0000}, with the defaults {byDefault:0.0000}");
    Console.WriteLine("what mattered: " + string.Join(", ", result.Importance.Take(4).Select(part => $"{part.Parameter} {part.Share:P0}")));
    Console.WriteLine($"report: {Path.GetFullPath(Path.Combine(folder, "report.html"))}");
    return 0;

    ITransformer Defaults() => preparation
        .Append(ml.Regression.Trainers.TorchMlp(new TorchMlpOptions { NumberOfEpochs = settings.Epochs, Seed = 1 }))
        .Fit(train);
}
