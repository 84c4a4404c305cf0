using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.TrainerSearch;
using Microsoft.ML.Trainers.Torch;

namespace Microsoft.ML;

/// <summary>The verb <c>Search</c> of regression, binary and multiclass classification.</summary>
public static class TrainerSearchCatalog
{
    /// <summary>Searches a space of options for the best regression model.</summary>
    /// <typeparam name="TOptions">The options class; for trainers of this library trials report every epoch, pause, resume and can be pruned.</typeparam>
    /// <param name="catalog">The catalog.</param>
    /// <param name="trainData">Rows to train on.</param>
    /// <param name="validationData">Rows to compare trials on; null for cross-validation over <see cref="SearchOptions.NumberOfFolds"/>.</param>
    /// <param name="space">What may vary, such as <see cref="SearchSpaces.TorchMlp"/>.</param>
    /// <param name="trainer">The trainer of given options, such as <c>o => mlContext.Regression.Trainers.TorchMlp(o)</c>.</param>
    /// <param name="options">Budget, sampler, pruner, storage and preparation. Null: 40 trials of TPE.</param>
    /// <param name="metric">What to optimise.</param>
    /// <param name="transforms">Steps between the preparation and the trainer that depend on the options too; fitted in each trial. Null: none.</param>
    /// <param name="labelColumnName">The label; null for that of the options.</param>
    /// <exception cref="InvalidOperationException">No trial gave a finite metric.</exception>
    /// <exception cref="StudyFailedException">Too many trials failed in a row.</exception>
    public static SearchResult<TOptions, RegressionMetrics> Search<TOptions>(
        this RegressionCatalog catalog, IDataView trainData, IDataView? validationData, SearchSpace<TOptions> space, Func<TOptions, IEstimator<ITransformer>> trainer,
        SearchOptions? options = null, RegressionSearchMetric metric = RegressionSearchMetric.RootMeanSquaredError,
        Func<TOptions, IEstimator<ITransformer>>? transforms = null, string? labelColumnName = null) where TOptions : class
    {
        Func<RegressionMetrics, double> number = metric switch
        {
            RegressionSearchMetric.RootMeanSquaredError => found => found.RootMeanSquaredError,
            RegressionSearchMetric.MeanAbsoluteError => found => found.MeanAbsoluteError,
            _ => found => found.RSquared,
        };
        var task = new SearchTask<RegressionMetrics>(LearningTask.Regression, EnvironmentOf(catalog), (rows, label) => catalog.Evaluate(rows, label), number, metric.ToString(), metric == RegressionSearchMetric.RSquared);
        return Run(task, trainData, validationData, space, trainer, options, transforms, labelColumnName);
    }

    /// <summary>Searches a space of options for the best binary classification model.</summary>
    /// <inheritdoc cref="Search{TOptions}(RegressionCatalog, IDataView, IDataView, SearchSpace{TOptions}, Func{TOptions, IEstimator{ITransformer}}, SearchOptions, RegressionSearchMetric, Func{TOptions, IEstimator{ITransformer}}, string)"/>
    public static SearchResult<TOptions, CalibratedBinaryClassificationMetrics> Search<TOptions>(
        this BinaryClassificationCatalog catalog, IDataView trainData, IDataView? validationData, SearchSpace<TOptions> space, Func<TOptions, IEstimator<ITransformer>> trainer,
        SearchOptions? options = null, BinarySearchMetric metric = BinarySearchMetric.AreaUnderRocCurve,
        Func<TOptions, IEstimator<ITransformer>>? transforms = null, string? labelColumnName = null) where TOptions : class
    {
        Func<CalibratedBinaryClassificationMetrics, double> number = metric switch
        {
            BinarySearchMetric.AreaUnderRocCurve => found => found.AreaUnderRocCurve,
            BinarySearchMetric.AreaUnderPrecisionRecallCurve => found => found.AreaUnderPrecisionRecallCurve,
            BinarySearchMetric.Accuracy => found => found.Accuracy,
            BinarySearchMetric.F1Score => found => found.F1Score,
            _ => found => found.LogLoss,
        };
        var task = new SearchTask<CalibratedBinaryClassificationMetrics>(LearningTask.BinaryClassification, EnvironmentOf(catalog), (rows, label) => catalog.Evaluate(rows, label), number, metric.ToString(), metric != BinarySearchMetric.LogLoss);
        return Run(task, trainData, validationData, space, trainer, options, transforms, labelColumnName);
    }

    /// <summary>Searches a space of options for the best multiclass classification model.</summary>
    /// <inheritdoc cref="Search{TOptions}(RegressionCatalog, IDataView, IDataView, SearchSpace{TOptions}, Func{TOptions, IEstimator{ITransformer}}, SearchOptions, RegressionSearchMetric, Func{TOptions, IEstimator{ITransformer}}, string)"/>
    public static SearchResult<TOptions, MulticlassClassificationMetrics> Search<TOptions>(
        this MulticlassClassificationCatalog catalog, IDataView trainData, IDataView? validationData, SearchSpace<TOptions> space, Func<TOptions, IEstimator<ITransformer>> trainer,
        SearchOptions? options = null, MulticlassSearchMetric metric = MulticlassSearchMetric.MicroAccuracy,
        Func<TOptions, IEstimator<ITransformer>>? transforms = null, string? labelColumnName = null) where TOptions : class
    {
        Func<MulticlassClassificationMetrics, double> number = metric switch
        {
            MulticlassSearchMetric.MicroAccuracy => found => found.MicroAccuracy,
            MulticlassSearchMetric.MacroAccuracy => found => found.MacroAccuracy,
            _ => found => found.LogLoss,
        };
        var task = new SearchTask<MulticlassClassificationMetrics>(LearningTask.MulticlassClassification, EnvironmentOf(catalog), (rows, label) => catalog.Evaluate(rows, label), number, metric.ToString(), metric != MulticlassSearchMetric.LogLoss);
        return Run(task, trainData, validationData, space, trainer, options, transforms, labelColumnName);
    }

    private static SearchResult<TOptions, TMetrics> Run<TOptions, TMetrics>(
        SearchTask<TMetrics> task, IDataView trainData, IDataView? validationData, SearchSpace<TOptions> space, Func<TOptions, IEstimator<ITransformer>> trainer,
        SearchOptions? options, Func<TOptions, IEstimator<ITransformer>>? transforms, string? labelColumnName) where TOptions : class
    {
        ArgumentNullException.ThrowIfNull(trainData);
        ArgumentNullException.ThrowIfNull(space);
        ArgumentNullException.ThrowIfNull(trainer);
        labelColumnName ??= space.Create(space.Parameters.Fill(null, parameter => parameter.FromUnit(0))) is TrainingOptions training ? training.LabelColumnName : DefaultColumnNames.Label;
        return new TrainerSearch<TOptions, TMetrics>(task, trainData, validationData, space, trainer, transforms, labelColumnName, (options ?? new SearchOptions()).Copy()).Run();
    }

    private static IHostEnvironment EnvironmentOf(TrainCatalogBase catalog)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return CatalogUtils.GetEnvironment(catalog);
    }
}
