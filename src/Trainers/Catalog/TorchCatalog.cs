using Microsoft.ML.Data;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers.Torch;

namespace Microsoft.ML;

/// <summary>The trainers of this library, in the catalogs where ML.NET's own are.</summary>
public static class TorchCatalog
{
    /// <summary>Trains a linear model: scores = x W + b, for regression.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="labelColumnName">The label: Single.</param>
    /// <param name="featureColumnName">The features: a known-sized vector of Single, best normalised.</param>
    /// <param name="exampleWeightColumnName">How much each row counts: Single. Null: all alike.</param>
    /// <param name="optimizer">The optimizer with its peak rate, from <see cref="Optimizers"/>. Null: <see cref="TrainingOptions.Optimizer"/>'s default.</param>
    /// <param name="schedule">The factor of the peak rate at each step. Null: <see cref="TrainingOptions.Schedule"/>'s default.</param>
    /// <param name="numberOfEpochs">Passes over the rows. Null: <see cref="TrainingOptions.NumberOfEpochs"/>'s default.</param>
    /// <param name="batchSize">Rows per batch. Null: <see cref="TrainingOptions.BatchSize"/>'s default.</param>
    public static TorchRegressionTrainer TorchLinear(
        this RegressionCatalog.RegressionTrainers catalog,
        string labelColumnName = DefaultColumnNames.Label,
        string featureColumnName = DefaultColumnNames.Features,
        string? exampleWeightColumnName = null,
        Optimizer? optimizer = null,
        LrSchedule? schedule = null,
        double? numberOfEpochs = null,
        int? batchSize = null)
    {
        var options = new TorchLinearOptions { LabelColumnName = labelColumnName, FeatureColumnName = featureColumnName, ExampleWeightColumnName = exampleWeightColumnName };
        return TorchLinear(catalog, With(options, optimizer, schedule, numberOfEpochs, batchSize));
    }

    /// <summary>Trains a linear model: scores = x W + b, for regression, with all options.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">Columns, optimizer, schedule, length of the run and more. They are copied.</param>
    public static TorchRegressionTrainer TorchLinear(this RegressionCatalog.RegressionTrainers catalog, TorchLinearOptions options) =>
        new(EnvironmentOf(catalog), Given(options));

    /// <summary>Trains a linear model: scores = x W + b, for regression with several numbers as prediction: a vector label, or several quantiles of one label.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="labelColumnName">The label: a known-sized vector of Single, or Single with QuantileLoss.</param>
    /// <param name="featureColumnName">The features: a known-sized vector of Single, best normalised.</param>
    /// <param name="exampleWeightColumnName">How much each row counts: Single. Null: all alike.</param>
    /// <param name="optimizer">The optimizer with its peak rate, from <see cref="Optimizers"/>. Null: <see cref="TrainingOptions.Optimizer"/>'s default.</param>
    /// <param name="schedule">The factor of the peak rate at each step. Null: <see cref="TrainingOptions.Schedule"/>'s default.</param>
    /// <param name="numberOfEpochs">Passes over the rows. Null: <see cref="TrainingOptions.NumberOfEpochs"/>'s default.</param>
    /// <param name="batchSize">Rows per batch. Null: <see cref="TrainingOptions.BatchSize"/>'s default.</param>
    public static TorchVectorRegressionTrainer TorchLinearVector(
        this RegressionCatalog.RegressionTrainers catalog,
        string labelColumnName = DefaultColumnNames.Label,
        string featureColumnName = DefaultColumnNames.Features,
        string? exampleWeightColumnName = null,
        Optimizer? optimizer = null,
        LrSchedule? schedule = null,
        double? numberOfEpochs = null,
        int? batchSize = null)
    {
        var options = new TorchLinearOptions { LabelColumnName = labelColumnName, FeatureColumnName = featureColumnName, ExampleWeightColumnName = exampleWeightColumnName };
        return TorchLinearVector(catalog, With(options, optimizer, schedule, numberOfEpochs, batchSize));
    }

    /// <summary>Trains a linear model: scores = x W + b, for regression with several numbers as prediction: a vector label, or several quantiles of one label, with all options.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">Columns, optimizer, schedule, length of the run and more. They are copied.</param>
    public static TorchVectorRegressionTrainer TorchLinearVector(this RegressionCatalog.RegressionTrainers catalog, TorchLinearOptions options) =>
        new(EnvironmentOf(catalog), Given(options));

    /// <summary>Trains a linear model: scores = x W + b, for binary classification.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="labelColumnName">The label: Boolean.</param>
    /// <param name="featureColumnName">The features: a known-sized vector of Single, best normalised.</param>
    /// <param name="exampleWeightColumnName">How much each row counts: Single. Null: all alike.</param>
    /// <param name="optimizer">The optimizer with its peak rate, from <see cref="Optimizers"/>. Null: <see cref="TrainingOptions.Optimizer"/>'s default.</param>
    /// <param name="schedule">The factor of the peak rate at each step. Null: <see cref="TrainingOptions.Schedule"/>'s default.</param>
    /// <param name="numberOfEpochs">Passes over the rows. Null: <see cref="TrainingOptions.NumberOfEpochs"/>'s default.</param>
    /// <param name="batchSize">Rows per batch. Null: <see cref="TrainingOptions.BatchSize"/>'s default.</param>
    public static TorchBinaryTrainer TorchLinear(
        this BinaryClassificationCatalog.BinaryClassificationTrainers catalog,
        string labelColumnName = DefaultColumnNames.Label,
        string featureColumnName = DefaultColumnNames.Features,
        string? exampleWeightColumnName = null,
        Optimizer? optimizer = null,
        LrSchedule? schedule = null,
        double? numberOfEpochs = null,
        int? batchSize = null)
    {
        var options = new TorchLinearOptions { LabelColumnName = labelColumnName, FeatureColumnName = featureColumnName, ExampleWeightColumnName = exampleWeightColumnName };
        return TorchLinear(catalog, With(options, optimizer, schedule, numberOfEpochs, batchSize));
    }

    /// <summary>Trains a linear model: scores = x W + b, for binary classification, with all options.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">Columns, optimizer, schedule, length of the run and more. They are copied.</param>
    public static TorchBinaryTrainer TorchLinear(this BinaryClassificationCatalog.BinaryClassificationTrainers catalog, TorchLinearOptions options) =>
        new(EnvironmentOf(catalog), Given(options));

    /// <summary>Trains a linear model: scores = x W + b, for multiclass classification.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="labelColumnName">The label: a key.</param>
    /// <param name="featureColumnName">The features: a known-sized vector of Single, best normalised.</param>
    /// <param name="exampleWeightColumnName">How much each row counts: Single. Null: all alike.</param>
    /// <param name="optimizer">The optimizer with its peak rate, from <see cref="Optimizers"/>. Null: <see cref="TrainingOptions.Optimizer"/>'s default.</param>
    /// <param name="schedule">The factor of the peak rate at each step. Null: <see cref="TrainingOptions.Schedule"/>'s default.</param>
    /// <param name="numberOfEpochs">Passes over the rows. Null: <see cref="TrainingOptions.NumberOfEpochs"/>'s default.</param>
    /// <param name="batchSize">Rows per batch. Null: <see cref="TrainingOptions.BatchSize"/>'s default.</param>
    public static TorchMulticlassTrainer TorchLinear(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string labelColumnName = DefaultColumnNames.Label,
        string featureColumnName = DefaultColumnNames.Features,
        string? exampleWeightColumnName = null,
        Optimizer? optimizer = null,
        LrSchedule? schedule = null,
        double? numberOfEpochs = null,
        int? batchSize = null)
    {
        var options = new TorchLinearOptions { LabelColumnName = labelColumnName, FeatureColumnName = featureColumnName, ExampleWeightColumnName = exampleWeightColumnName };
        return TorchLinear(catalog, With(options, optimizer, schedule, numberOfEpochs, batchSize));
    }

    /// <summary>Trains a linear model: scores = x W + b, for multiclass classification, with all options.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">Columns, optimizer, schedule, length of the run and more. They are copied.</param>
    public static TorchMulticlassTrainer TorchLinear(this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, TorchLinearOptions options) =>
        new(EnvironmentOf(catalog), Given(options));

    /// <summary>Trains a multilayer perceptron, for regression.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="labelColumnName">The label: Single.</param>
    /// <param name="featureColumnName">The features: a known-sized vector of Single, best normalised.</param>
    /// <param name="exampleWeightColumnName">How much each row counts: Single. Null: all alike.</param>
    /// <param name="optimizer">The optimizer with its peak rate, from <see cref="Optimizers"/>. Null: <see cref="TrainingOptions.Optimizer"/>'s default.</param>
    /// <param name="schedule">The factor of the peak rate at each step. Null: <see cref="TrainingOptions.Schedule"/>'s default.</param>
    /// <param name="hiddenLayers">Units of each hidden layer. Null: <see cref="TorchMlpOptions.HiddenLayers"/>'s default.</param>
    /// <param name="numberOfEpochs">Passes over the rows. Null: <see cref="TrainingOptions.NumberOfEpochs"/>'s default.</param>
    /// <param name="batchSize">Rows per batch. Null: <see cref="TrainingOptions.BatchSize"/>'s default.</param>
    public static TorchRegressionTrainer TorchMlp(
        this RegressionCatalog.RegressionTrainers catalog,
        string labelColumnName = DefaultColumnNames.Label,
        string featureColumnName = DefaultColumnNames.Features,
        string? exampleWeightColumnName = null,
        Optimizer? optimizer = null,
        LrSchedule? schedule = null,
        IReadOnlyList<int>? hiddenLayers = null,
        double? numberOfEpochs = null,
        int? batchSize = null)
    {
        var options = new TorchMlpOptions { LabelColumnName = labelColumnName, FeatureColumnName = featureColumnName, ExampleWeightColumnName = exampleWeightColumnName };
        if (hiddenLayers is not null) options.HiddenLayers = hiddenLayers;
        return TorchMlp(catalog, With(options, optimizer, schedule, numberOfEpochs, batchSize));
    }

    /// <summary>Trains a multilayer perceptron, for regression, with all options.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">Columns, optimizer, schedule, length of the run and more. They are copied.</param>
    public static TorchRegressionTrainer TorchMlp(this RegressionCatalog.RegressionTrainers catalog, TorchMlpOptions options) =>
        new(EnvironmentOf(catalog), Given(options));

    /// <summary>Trains a multilayer perceptron, for regression with several numbers as prediction: a vector label, or several quantiles of one label.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="labelColumnName">The label: a known-sized vector of Single, or Single with QuantileLoss.</param>
    /// <param name="featureColumnName">The features: a known-sized vector of Single, best normalised.</param>
    /// <param name="exampleWeightColumnName">How much each row counts: Single. Null: all alike.</param>
    /// <param name="optimizer">The optimizer with its peak rate, from <see cref="Optimizers"/>. Null: <see cref="TrainingOptions.Optimizer"/>'s default.</param>
    /// <param name="schedule">The factor of the peak rate at each step. Null: <see cref="TrainingOptions.Schedule"/>'s default.</param>
    /// <param name="hiddenLayers">Units of each hidden layer. Null: <see cref="TorchMlpOptions.HiddenLayers"/>'s default.</param>
    /// <param name="numberOfEpochs">Passes over the rows. Null: <see cref="TrainingOptions.NumberOfEpochs"/>'s default.</param>
    /// <param name="batchSize">Rows per batch. Null: <see cref="TrainingOptions.BatchSize"/>'s default.</param>
    public static TorchVectorRegressionTrainer TorchMlpVector(
        this RegressionCatalog.RegressionTrainers catalog,
        string labelColumnName = DefaultColumnNames.Label,
        string featureColumnName = DefaultColumnNames.Features,
        string? exampleWeightColumnName = null,
        Optimizer? optimizer = null,
        LrSchedule? schedule = null,
        IReadOnlyList<int>? hiddenLayers = null,
        double? numberOfEpochs = null,
        int? batchSize = null)
    {
        var options = new TorchMlpOptions { LabelColumnName = labelColumnName, FeatureColumnName = featureColumnName, ExampleWeightColumnName = exampleWeightColumnName };
        if (hiddenLayers is not null) options.HiddenLayers = hiddenLayers;
        return TorchMlpVector(catalog, With(options, optimizer, schedule, numberOfEpochs, batchSize));
    }

    /// <summary>Trains a multilayer perceptron, for regression with several numbers as prediction: a vector label, or several quantiles of one label, with all options.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">Columns, optimizer, schedule, length of the run and more. They are copied.</param>
    public static TorchVectorRegressionTrainer TorchMlpVector(this RegressionCatalog.RegressionTrainers catalog, TorchMlpOptions options) =>
        new(EnvironmentOf(catalog), Given(options));

    /// <summary>Trains a multilayer perceptron, for binary classification.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="labelColumnName">The label: Boolean.</param>
    /// <param name="featureColumnName">The features: a known-sized vector of Single, best normalised.</param>
    /// <param name="exampleWeightColumnName">How much each row counts: Single. Null: all alike.</param>
    /// <param name="optimizer">The optimizer with its peak rate, from <see cref="Optimizers"/>. Null: <see cref="TrainingOptions.Optimizer"/>'s default.</param>
    /// <param name="schedule">The factor of the peak rate at each step. Null: <see cref="TrainingOptions.Schedule"/>'s default.</param>
    /// <param name="hiddenLayers">Units of each hidden layer. Null: <see cref="TorchMlpOptions.HiddenLayers"/>'s default.</param>
    /// <param name="numberOfEpochs">Passes over the rows. Null: <see cref="TrainingOptions.NumberOfEpochs"/>'s default.</param>
    /// <param name="batchSize">Rows per batch. Null: <see cref="TrainingOptions.BatchSize"/>'s default.</param>
    public static TorchBinaryTrainer TorchMlp(
        this BinaryClassificationCatalog.BinaryClassificationTrainers catalog,
        string labelColumnName = DefaultColumnNames.Label,
        string featureColumnName = DefaultColumnNames.Features,
        string? exampleWeightColumnName = null,
        Optimizer? optimizer = null,
        LrSchedule? schedule = null,
        IReadOnlyList<int>? hiddenLayers = null,
        double? numberOfEpochs = null,
        int? batchSize = null)
    {
        var options = new TorchMlpOptions { LabelColumnName = labelColumnName, FeatureColumnName = featureColumnName, ExampleWeightColumnName = exampleWeightColumnName };
        if (hiddenLayers is not null) options.HiddenLayers = hiddenLayers;
        return TorchMlp(catalog, With(options, optimizer, schedule, numberOfEpochs, batchSize));
    }

    /// <summary>Trains a multilayer perceptron, for binary classification, with all options.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">Columns, optimizer, schedule, length of the run and more. They are copied.</param>
    public static TorchBinaryTrainer TorchMlp(this BinaryClassificationCatalog.BinaryClassificationTrainers catalog, TorchMlpOptions options) =>
        new(EnvironmentOf(catalog), Given(options));

    /// <summary>Trains a multilayer perceptron, for multiclass classification.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="labelColumnName">The label: a key.</param>
    /// <param name="featureColumnName">The features: a known-sized vector of Single, best normalised.</param>
    /// <param name="exampleWeightColumnName">How much each row counts: Single. Null: all alike.</param>
    /// <param name="optimizer">The optimizer with its peak rate, from <see cref="Optimizers"/>. Null: <see cref="TrainingOptions.Optimizer"/>'s default.</param>
    /// <param name="schedule">The factor of the peak rate at each step. Null: <see cref="TrainingOptions.Schedule"/>'s default.</param>
    /// <param name="hiddenLayers">Units of each hidden layer. Null: <see cref="TorchMlpOptions.HiddenLayers"/>'s default.</param>
    /// <param name="numberOfEpochs">Passes over the rows. Null: <see cref="TrainingOptions.NumberOfEpochs"/>'s default.</param>
    /// <param name="batchSize">Rows per batch. Null: <see cref="TrainingOptions.BatchSize"/>'s default.</param>
    public static TorchMulticlassTrainer TorchMlp(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string labelColumnName = DefaultColumnNames.Label,
        string featureColumnName = DefaultColumnNames.Features,
        string? exampleWeightColumnName = null,
        Optimizer? optimizer = null,
        LrSchedule? schedule = null,
        IReadOnlyList<int>? hiddenLayers = null,
        double? numberOfEpochs = null,
        int? batchSize = null)
    {
        var options = new TorchMlpOptions { LabelColumnName = labelColumnName, FeatureColumnName = featureColumnName, ExampleWeightColumnName = exampleWeightColumnName };
        if (hiddenLayers is not null) options.HiddenLayers = hiddenLayers;
        return TorchMlp(catalog, With(options, optimizer, schedule, numberOfEpochs, batchSize));
    }

    /// <summary>Trains a multilayer perceptron, for multiclass classification, with all options.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">Columns, optimizer, schedule, length of the run and more. They are copied.</param>
    public static TorchMulticlassTrainer TorchMlp(this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, TorchMlpOptions options) =>
        new(EnvironmentOf(catalog), Given(options));

    private static TOptions With<TOptions>(TOptions options, Optimizer? optimizer, LrSchedule? schedule, double? numberOfEpochs, int? batchSize)
        where TOptions : TrainingOptions
    {
        if (optimizer is not null) options.Optimizer = optimizer;
        if (schedule is not null) options.Schedule = schedule;
        if (numberOfEpochs is { } epochs) options.NumberOfEpochs = epochs;
        if (batchSize is { } rows) options.BatchSize = rows;
        return options;
    }

    private static TrainingOptions Given(TrainingOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options;
    }

    private static IHostEnvironment EnvironmentOf(TrainCatalogBase.CatalogInstantiatorBase catalog)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return CatalogUtils.GetEnvironment(catalog);
    }
}
