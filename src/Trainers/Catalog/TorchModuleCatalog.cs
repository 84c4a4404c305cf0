using Microsoft.ML.Data;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Runtime;
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
        TorchModule(catalog, OptionsOf(moduleName, module, labelColumnName, featureColumnName, exampleWeightColumnName, optimizer, schedule, numberOfEpochs, batchSize));

    /// <summary>Trains a TorchSharp module of your own, for regression, with all options.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">The module, columns, optimizer, schedule, length of the run and more. They are copied.</param>
    public static TorchRegressionTrainer TorchModule(this RegressionCatalog.RegressionTrainers catalog, TorchModuleOptions options) =>
        new(EnvironmentOf(catalog), Given(options));

    /// <summary>Trains a TorchSharp module of your own, for regression with several numbers as prediction: a vector label, or several quantiles of one label. For a row of features the module gives one number per prediction.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="moduleName">The name under which <see cref="TorchModules.Register"/> makes a saved model find the module.</param>
    /// <param name="module">Makes a new module: Float32 [rows, features] to [rows, outputs]. See <see cref="TorchModuleOptions"/>.</param>
    /// <param name="labelColumnName">The label: a known-sized vector of Single, or Single with QuantileLoss.</param>
    /// <param name="featureColumnName">The features: a known-sized vector of Single, best normalised. Several inputs are parts of it, which the module takes apart.</param>
    /// <param name="exampleWeightColumnName">How much each row counts: Single. Null: all alike.</param>
    /// <param name="optimizer">The optimizer with its peak rate, from <see cref="Optimizers"/>. Null: <see cref="TrainingOptions.Optimizer"/>'s default.</param>
    /// <param name="schedule">The factor of the peak rate at each step. Null: <see cref="TrainingOptions.Schedule"/>'s default.</param>
    /// <param name="numberOfEpochs">Passes over the rows. Null: <see cref="TrainingOptions.NumberOfEpochs"/>'s default.</param>
    /// <param name="batchSize">Rows per batch. Null: <see cref="TrainingOptions.BatchSize"/>'s default.</param>
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
        TorchModuleVector(catalog, OptionsOf(moduleName, module, labelColumnName, featureColumnName, exampleWeightColumnName, optimizer, schedule, numberOfEpochs, batchSize));

    /// <summary>Trains a TorchSharp module of your own, for regression with several numbers as prediction: a vector label, or several quantiles of one label, with all options.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">The module, columns, optimizer, schedule, length of the run and more. They are copied.</param>
    public static TorchVectorRegressionTrainer TorchModuleVector(this RegressionCatalog.RegressionTrainers catalog, TorchModuleOptions options) =>
        new(EnvironmentOf(catalog), Given(options));

    /// <summary>Trains a TorchSharp module of your own, for binary classification. For a row of features the module gives the log-odds.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="moduleName">The name under which <see cref="TorchModules.Register"/> makes a saved model find the module.</param>
    /// <param name="module">Makes a new module: Float32 [rows, features] to [rows, outputs]. See <see cref="TorchModuleOptions"/>.</param>
    /// <param name="labelColumnName">The label: Boolean.</param>
    /// <param name="featureColumnName">The features: a known-sized vector of Single, best normalised. Several inputs are parts of it, which the module takes apart.</param>
    /// <param name="exampleWeightColumnName">How much each row counts: Single. Null: all alike.</param>
    /// <param name="optimizer">The optimizer with its peak rate, from <see cref="Optimizers"/>. Null: <see cref="TrainingOptions.Optimizer"/>'s default.</param>
    /// <param name="schedule">The factor of the peak rate at each step. Null: <see cref="TrainingOptions.Schedule"/>'s default.</param>
    /// <param name="numberOfEpochs">Passes over the rows. Null: <see cref="TrainingOptions.NumberOfEpochs"/>'s default.</param>
    /// <param name="batchSize">Rows per batch. Null: <see cref="TrainingOptions.BatchSize"/>'s default.</param>
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
        TorchModule(catalog, OptionsOf(moduleName, module, labelColumnName, featureColumnName, exampleWeightColumnName, optimizer, schedule, numberOfEpochs, batchSize));

    /// <summary>Trains a TorchSharp module of your own, for binary classification, with all options.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">The module, columns, optimizer, schedule, length of the run and more. They are copied.</param>
    public static TorchBinaryTrainer TorchModule(this BinaryClassificationCatalog.BinaryClassificationTrainers catalog, TorchModuleOptions options) =>
        new(EnvironmentOf(catalog), Given(options));

    /// <summary>Trains a TorchSharp module of your own, for multiclass classification. For a row of features the module gives one score per class, before the softmax.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="moduleName">The name under which <see cref="TorchModules.Register"/> makes a saved model find the module.</param>
    /// <param name="module">Makes a new module: Float32 [rows, features] to [rows, outputs]. See <see cref="TorchModuleOptions"/>.</param>
    /// <param name="labelColumnName">The label: a key.</param>
    /// <param name="featureColumnName">The features: a known-sized vector of Single, best normalised. Several inputs are parts of it, which the module takes apart.</param>
    /// <param name="exampleWeightColumnName">How much each row counts: Single. Null: all alike.</param>
    /// <param name="optimizer">The optimizer with its peak rate, from <see cref="Optimizers"/>. Null: <see cref="TrainingOptions.Optimizer"/>'s default.</param>
    /// <param name="schedule">The factor of the peak rate at each step. Null: <see cref="TrainingOptions.Schedule"/>'s default.</param>
    /// <param name="numberOfEpochs">Passes over the rows. Null: <see cref="TrainingOptions.NumberOfEpochs"/>'s default.</param>
    /// <param name="batchSize">Rows per batch. Null: <see cref="TrainingOptions.BatchSize"/>'s default.</param>
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
        TorchModule(catalog, OptionsOf(moduleName, module, labelColumnName, featureColumnName, exampleWeightColumnName, optimizer, schedule, numberOfEpochs, batchSize));

    /// <summary>Trains a TorchSharp module of your own, for multiclass classification, with all options.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">The module, columns, optimizer, schedule, length of the run and more. They are copied.</param>
    public static TorchMulticlassTrainer TorchModule(this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, TorchModuleOptions options) =>
        new(EnvironmentOf(catalog), Given(options));

    private static TorchModuleOptions OptionsOf(
        string moduleName, Func<nn.Module<Tensor, Tensor>> module, string labelColumnName, string featureColumnName, string? exampleWeightColumnName,
        Optimizer? optimizer, LrSchedule? schedule, double? numberOfEpochs, int? batchSize)
    {
        var options = new TorchModuleOptions(moduleName, module) { LabelColumnName = labelColumnName, FeatureColumnName = featureColumnName, ExampleWeightColumnName = exampleWeightColumnName };
        if (optimizer is not null) options.Optimizer = optimizer;
        if (schedule is not null) options.Schedule = schedule;
        if (numberOfEpochs is { } epochs) options.NumberOfEpochs = epochs;
        if (batchSize is { } rows) options.BatchSize = rows;
        return options;
    }

    private static TorchModuleOptions Given(TorchModuleOptions options)
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
