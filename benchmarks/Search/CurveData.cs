using Microsoft.ML;
using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.Transforms;
using MlNetLr.Benchmarks.Quality;

namespace MlNetLr.Benchmarks.Search;

/// <summary>Rows of a real table, to train on and to validate on, gaps filled and features brought to mean 0 and variance 1.</summary>
internal sealed record CurveData(TableTask Task, IDataView Train, IDataView Validation)
{
    /// <summary>Rows to train on: few, so that a thousand curves take minutes.</summary>
    public const int Rows = 2000;

    private const int MostValidationRows = 2000;
    private const string Features = nameof(TableEncoder.Row.Features);

    /// <summary>The rows of <paramref name="set"/>, one of <see cref="LearningCurves.Sets"/>, drawn from a file.</summary>
    public static CurveData Load(MLContext ml, string set, string path)
    {
        (TableTask task, string labelName) = set == "housing" ? (TableTask.Regression, "median_house_value") : (TableTask.Multiclass, "last");
        TableFile all = TableFile.Read(path);
        int[] order = [.. Enumerable.Range(0, all.Rows.Count)];
        new Random(7).Shuffle(order);
        TableFile train = all.Select(order.Take(Rows)), validation = all.Select(order.Skip(Rows).Take(MostValidationRows));
        var encoder = new TableEncoder(train, all.Column(labelName), task);
        IDataView rows = encoder.Encode(ml, train);
        ITransformer preparation = ml.Transforms.ReplaceMissingValues(Features, replacementMode: MissingValueReplacingEstimator.ReplacementMode.Mean)
            .Append(ml.Transforms.NormalizeMeanVariance(Features)).Fit(rows);
        return new(task, ml.Data.Cache(preparation.Transform(rows)), ml.Data.Cache(preparation.Transform(encoder.Encode(ml, validation))));
    }

    /// <summary>The validation loss after each epoch; NaN from where training diverged.</summary>
    public double[] Fit(MLContext ml, TorchMlpOptions options)
    {
        var losses = new List<double>();
        options.Progress = new Listener(losses);
        (options.LabelColumnName, options.FeatureColumnName) = (Task == TableTask.Regression ? nameof(TableEncoder.Row.Value) : nameof(TableEncoder.Row.Class), Features);
        try
        {
            if (Task == TableTask.Regression) ml.Regression.Trainers.TorchMlp(options).Fit(Train, Validation);
            else ml.MulticlassClassification.Trainers.TorchMlp(options).Fit(Train, Validation);
        }
        catch (TrainingDivergedException)
        {
            while (losses.Count < options.NumberOfEpochs) losses.Add(double.NaN);
        }
        return [.. losses];
    }

    private sealed class Listener(List<double> losses) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => losses.Add(value.ValidationLoss);
    }
}
