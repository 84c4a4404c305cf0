using Microsoft.ML;
using Microsoft.ML.AutoML;
using Microsoft.ML.Data;

namespace FromAutoML;

/// <summary>
/// AutoML's own experiment over a trainer of this library. It runs one trial at a time to its end: pruning, resuming and several
/// processes are what mlContext.Regression.Search is for.
/// </summary>
internal static class Sample
{
    private sealed class Row
    {
        [LoadColumn(0)] public float M { get; set; }
        [LoadColumn(1)] public float K { get; set; }
        [LoadColumn(2)] public float N { get; set; }
        [LoadColumn(3)] public float Threads { get; set; }
        [LoadColumn(4)] public float Label { get; set; }
    }

    public static void Run()
    {
        var ml = new MLContext(seed: 1);
        IDataView rows = ml.Data.LoadFromTextFile<Row>(Path.Combine(AppContext.BaseDirectory, "matrix-times.csv"), separatorChar: ',', hasHeader: true);
        DataOperationsCatalog.TrainTestData split = ml.Data.TrainTestSplit(rows, testFraction: 0.2, seed: 1);

        SweepableEstimator mlp = ml.Auto().CreateSweepableEstimator<MlpChoice>((context, choice) => context.Regression.Trainers.TorchMlp(choice.ToOptions()));
        SweepablePipeline pipeline = ml.Transforms.Concatenate("Features", "M", "K", "N", "Threads")
            .Append(ml.Transforms.NormalizeMeanVariance("Features"))
            .Append(mlp);

        AutoMLExperiment experiment = ml.Auto().CreateExperiment()
            .SetPipeline(pipeline)
            .SetDataset(split.TrainSet, split.TestSet)
            .SetRegressionMetric(RegressionMetric.RootMeanSquaredError, labelColumn: "Label")
            .SetMaxModelToExplore(20);
        TrialResult best = experiment.Run();
        Console.WriteLine($"root mean squared error {best.Metric:F1} with {best.TrialSettings.Parameter}");
    }
}
