using Microsoft.ML.Data;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch;
using static TorchSharp.torch;

namespace Microsoft.ML;

/// <summary>TorchSharp modules of one's own, in the catalogs where ML.NET's own trainers are.</summary>
public static class TorchModuleCatalog
{
    /// <summary>Trains a TorchSharp module of your own, for regression. For a row of features the module gives one number.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="moduleName">The name under which <see cref="TorchModules.Register"/> makes a saved model find the module.</param>
    /// <param name="module">Makes a new module: Float32 [rows, features] to [rows, outputs]. See <see cref="TorchModuleOptions"/>.</param>
    /// <param name="labelColumnName">The label: Single.</param>
    /// <param name="featureColumnName">The features: a known-sized vector of Single, best normalised. Several inputs are parts of it, which the module takes apart.</param>
    /// <param name="exampleWeightColumnName">How much each row counts: Single. Null: all alike.</param>
    /// <param name="optimizer">The optimizer with its peak rate, from <see cref="Optimizers"/>. Null: <see cref="TrainingOptions.Optimizer"/>'s default.</param>
    /// <param name="schedule">The factor of the peak rate at each step. Null: <see cref="TrainingOptions.Schedule"/>'s default.</param>
    /// <param name="numberOfEpochs">Passes over the rows. Null: <see cref="TrainingOptions.NumberOfEpochs"/>'s default.</param>
    /// <param name="batchSize">Rows per batch. Null: <see cref="TrainingOptions.BatchSize"/>'s default.</param>
    public static TorchRegressionTrainer TorchModule(
        this RegressionCatalog.RegressionTrainers catalog,
        string moduleName,
        Func<nn.Module<Tensor, Tensor>> module,
        string labelColumnName = DefaultColumnNames.Label,
        string featureColumnName = DefaultColumnNames.Features,
        string? exampleWeightColumnName = null,
        Optimizer? optimizer = null,
        LrSchedule? schedule = null,
        double? numberOfEpochs = null,
        int? batchSize = null) =>
        new(catalog.Environment(), new TorchModuleOptions(moduleName, module).With(labelColumnName, featureColumnName, exampleWeightColumnName, optimizer, schedule, numberOfEpochs, batchSize));

    /// <summary>Trains a TorchSharp module of your own, for regression, with all options.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">The module, columns, optimizer, schedule, length of the run and more. They are copied.</param>
    public static TorchRegressionTrainer TorchModule(this RegressionCatalog.RegressionTrainers catalog, TorchModuleOptions options) =>
        new(catalog.Environment(), Require.NotNull(options, "Leave it out for the defaults.", nameof(options)));

    /// <summary>Trains a TorchSharp module of your own, for regression with several numbers as prediction: a vector label, or several quantiles of one label. For a row of features the module gives one number per prediction.</summary>
    /// <param name="labelColumnName">The label: a known-sized vector of Single, or Single with QuantileLoss.</param>
    /// <inheritdoc cref="TorchModule(RegressionCatalog.RegressionTrainers, string, Func{nn.Module{Tensor, Tensor}}, string, string, string, Optimizer, LrSchedule, double?, int?)" path="/param[@name!='labelColumnName']"/>
    public static TorchVectorRegressionTrainer TorchModuleVector(
        this RegressionCatalog.RegressionTrainers catalog,
        string moduleName,
        Func<nn.Module<Tensor, Tensor>> module,
        string labelColumnName = DefaultColumnNames.Label,
        string featureColumnName = DefaultColumnNames.Features,
        string? exampleWeightColumnName = null,
        Optimizer? optimizer = null,
        LrSchedule? schedule = null,
        double? numberOfEpochs = null,
        int? batchSize = null) =>
        new(catalog.Environment(), new TorchModuleOptions(moduleName, module).With(labelColumnName, featureColumnName, exampleWeightColumnName, optimizer, schedule, numberOfEpochs, batchSize));

    /// <summary>Trains a TorchSharp module of your own, for regression with several numbers as prediction: a vector label, or several quantiles of one label, with all options.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">The module, columns, optimizer, schedule, length of the run and more. They are copied.</param>
    public static TorchVectorRegressionTrainer TorchModuleVector(this RegressionCatalog.RegressionTrainers catalog, TorchModuleOptions options) =>
        new(catalog.Environment(), Require.NotNull(options, "Leave it out for the defaults.", nameof(options)));

    /// <summary>Trains a TorchSharp module of your own, for binary classification. For a row of features the module gives the log-odds.</summary>
    /// <param name="labelColumnName">The label: Boolean.</param>
    /// <inheritdoc cref="TorchModule(RegressionCatalog.RegressionTrainers, string, Func{nn.Module{Tensor, Tensor}}, string, string, string, Optimizer, LrSchedule, double?, int?)" path="/param[@name!='labelColumnName']"/>
    public static TorchBinaryTrainer TorchModule(
        this BinaryClassificationCatalog.BinaryClassificationTrainers catalog,
        string moduleName,
        Func<nn.Module<Tensor, Tensor>> module,
        string labelColumnName = DefaultColumnNames.Label,
        string featureColumnName = DefaultColumnNames.Features,
        string? exampleWeightColumnName = null,
        Optimizer? optimizer = null,
        LrSchedule? schedule = null,
        double? numberOfEpochs = null,
        int? batchSize = null) =>
        new(catalog.Environment(), new TorchModuleOptions(moduleName, module).With(labelColumnName, featureColumnName, exampleWeightColumnName, optimizer, schedule, numberOfEpochs, batchSize));

    /// <summary>Trains a TorchSharp module of your own, for binary classification, with all options.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">The module, columns, optimizer, schedule, length of the run and more. They are copied.</param>
    public static TorchBinaryTrainer TorchModule(this BinaryClassificationCatalog.BinaryClassificationTrainers catalog, TorchModuleOptions options) =>
        new(catalog.Environment(), Require.NotNull(options, "Leave it out for the defaults.", nameof(options)));

    /// <summary>Trains a TorchSharp module of your own, for multiclass classification. For a row of features the module gives one score per class, before the softmax.</summary>
    /// <param name="labelColumnName">The label: a key.</param>
    /// <inheritdoc cref="TorchModule(RegressionCatalog.RegressionTrainers, string, Func{nn.Module{Tensor, Tensor}}, string, string, string, Optimizer, LrSchedule, double?, int?)" path="/param[@name!='labelColumnName']"/>
    public static TorchMulticlassTrainer TorchModule(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string moduleName,
        Func<nn.Module<Tensor, Tensor>> module,
        string labelColumnName = DefaultColumnNames.Label,
        string featureColumnName = DefaultColumnNames.Features,
        string? exampleWeightColumnName = null,
        Optimizer? optimizer = null,
        LrSchedule? schedule = null,
        double? numberOfEpochs = null,
        int? batchSize = null) =>
        new(catalog.Environment(), new TorchModuleOptions(moduleName, module).With(labelColumnName, featureColumnName, exampleWeightColumnName, optimizer, schedule, numberOfEpochs, batchSize));

    /// <summary>Trains a TorchSharp module of your own, for multiclass classification, with all options.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">The module, columns, optimizer, schedule, length of the run and more. They are copied.</param>
    public static TorchMulticlassTrainer TorchModule(this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, TorchModuleOptions options) =>
        new(catalog.Environment(), Require.NotNull(options, "Leave it out for the defaults.", nameof(options)));
}
