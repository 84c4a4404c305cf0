using Microsoft.ML.Data;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch;

namespace Microsoft.ML;

/// <summary>Linear models, in the catalogs where ML.NET's own trainers are.</summary>
public static class TorchLinearCatalog
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
        int? batchSize = null) =>
        new(catalog.Environment(), new TorchLinearOptions().With(labelColumnName, featureColumnName, exampleWeightColumnName, optimizer, schedule, numberOfEpochs, batchSize));

    /// <summary>Trains a linear model: scores = x W + b, for regression, with all options.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">Columns, optimizer, schedule, length of the run and more. They are copied.</param>
    public static TorchRegressionTrainer TorchLinear(this RegressionCatalog.RegressionTrainers catalog, TorchLinearOptions options) =>
        new(catalog.Environment(), Require.NotNull(options, "Leave it out for the defaults.", nameof(options)));

    /// <summary>Trains a linear model: scores = x W + b, for regression with several numbers as prediction: a vector label, or several quantiles of one label.</summary>
    /// <param name="labelColumnName">The label: a known-sized vector of Single, or Single with QuantileLoss.</param>
    /// <inheritdoc cref="TorchLinear(RegressionCatalog.RegressionTrainers, string, string, string, Optimizer, LrSchedule, double?, int?)" path="/param[@name!='labelColumnName']"/>
    public static TorchVectorRegressionTrainer TorchLinearVector(
        this RegressionCatalog.RegressionTrainers catalog,
        string labelColumnName = DefaultColumnNames.Label,
        string featureColumnName = DefaultColumnNames.Features,
        string? exampleWeightColumnName = null,
        Optimizer? optimizer = null,
        LrSchedule? schedule = null,
        double? numberOfEpochs = null,
        int? batchSize = null) =>
        new(catalog.Environment(), new TorchLinearOptions().With(labelColumnName, featureColumnName, exampleWeightColumnName, optimizer, schedule, numberOfEpochs, batchSize));

    /// <summary>Trains a linear model: scores = x W + b, for regression with several numbers as prediction: a vector label, or several quantiles of one label, with all options.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">Columns, optimizer, schedule, length of the run and more. They are copied.</param>
    public static TorchVectorRegressionTrainer TorchLinearVector(this RegressionCatalog.RegressionTrainers catalog, TorchLinearOptions options) =>
        new(catalog.Environment(), Require.NotNull(options, "Leave it out for the defaults.", nameof(options)));

    /// <summary>Trains a linear model: scores = x W + b, for binary classification.</summary>
    /// <param name="labelColumnName">The label: Boolean.</param>
    /// <inheritdoc cref="TorchLinear(RegressionCatalog.RegressionTrainers, string, string, string, Optimizer, LrSchedule, double?, int?)" path="/param[@name!='labelColumnName']"/>
    public static TorchBinaryTrainer TorchLinear(
        this BinaryClassificationCatalog.BinaryClassificationTrainers catalog,
        string labelColumnName = DefaultColumnNames.Label,
        string featureColumnName = DefaultColumnNames.Features,
        string? exampleWeightColumnName = null,
        Optimizer? optimizer = null,
        LrSchedule? schedule = null,
        double? numberOfEpochs = null,
        int? batchSize = null) =>
        new(catalog.Environment(), new TorchLinearOptions().With(labelColumnName, featureColumnName, exampleWeightColumnName, optimizer, schedule, numberOfEpochs, batchSize));

    /// <summary>Trains a linear model: scores = x W + b, for binary classification, with all options.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">Columns, optimizer, schedule, length of the run and more. They are copied.</param>
    public static TorchBinaryTrainer TorchLinear(this BinaryClassificationCatalog.BinaryClassificationTrainers catalog, TorchLinearOptions options) =>
        new(catalog.Environment(), Require.NotNull(options, "Leave it out for the defaults.", nameof(options)));

    /// <summary>Trains a linear model: scores = x W + b, for multiclass classification.</summary>
    /// <param name="labelColumnName">The label: a key.</param>
    /// <inheritdoc cref="TorchLinear(RegressionCatalog.RegressionTrainers, string, string, string, Optimizer, LrSchedule, double?, int?)" path="/param[@name!='labelColumnName']"/>
    public static TorchMulticlassTrainer TorchLinear(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string labelColumnName = DefaultColumnNames.Label,
        string featureColumnName = DefaultColumnNames.Features,
        string? exampleWeightColumnName = null,
        Optimizer? optimizer = null,
        LrSchedule? schedule = null,
        double? numberOfEpochs = null,
        int? batchSize = null) =>
        new(catalog.Environment(), new TorchLinearOptions().With(labelColumnName, featureColumnName, exampleWeightColumnName, optimizer, schedule, numberOfEpochs, batchSize));

    /// <summary>Trains a linear model: scores = x W + b, for multiclass classification, with all options.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">Columns, optimizer, schedule, length of the run and more. They are copied.</param>
    public static TorchMulticlassTrainer TorchLinear(this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, TorchLinearOptions options) =>
        new(catalog.Environment(), Require.NotNull(options, "Leave it out for the defaults.", nameof(options)));
}
