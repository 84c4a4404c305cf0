using Microsoft.ML.Data;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch;

namespace Microsoft.ML;

/// <summary>The network for tables, in the catalogs where ML.NET's own trainers are.</summary>
public static class TorchTabularCatalog
{
    /// <summary>Trains a network for tables, for regression. Encodings of numbers and categories, several networks averaged, and
    /// rates, decay and dropout on schedules. Features need no normalisation and may have missing values.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="labelColumnName">The label: Single.</param>
    /// <param name="featureColumnName">The features: a known-sized vector of Single. Columns of text as one-hot vectors, or as codes named in <see cref="NetworkOptions.CategoricalColumns"/>.</param>
    /// <param name="exampleWeightColumnName">How much each row counts: Single. Null: all alike.</param>
    /// <param name="optimizer">The optimizer with its peak rate, from <see cref="Optimizers"/>. Null: the recipe's.</param>
    /// <param name="schedule">The factor of the peak rate at each step. Null: the recipe's.</param>
    /// <param name="numberOfEpochs">Passes over the rows. Null: the recipe's, by the number of rows.</param>
    /// <param name="members">Networks that are averaged. Null: the recipe's.</param>
    public static TorchRegressionTrainer TorchTabular(
        this RegressionCatalog.RegressionTrainers catalog,
        string labelColumnName = DefaultColumnNames.Label,
        string featureColumnName = DefaultColumnNames.Features,
        string? exampleWeightColumnName = null,
        Optimizer? optimizer = null,
        LrSchedule? schedule = null,
        double? numberOfEpochs = null,
        int? members = null) =>
        new(catalog.Environment(), new TorchTabularOptions { Members = members }.With(labelColumnName, featureColumnName, exampleWeightColumnName, optimizer, schedule, numberOfEpochs));

    /// <summary>Trains a network for tables, for regression, with all options.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">They are copied.</param>
    public static TorchRegressionTrainer TorchTabular(this RegressionCatalog.RegressionTrainers catalog, TorchTabularOptions options) =>
        new(catalog.Environment(), Require.NotNull(options, "Leave it out for the defaults.", nameof(options)));

    /// <summary>Trains a network for tables, for binary classification. Encodings of numbers and categories, several networks averaged, and
    /// rates, decay and dropout on schedules. Features need no normalisation and may have missing values.</summary>
    /// <param name="labelColumnName">The label: Boolean.</param>
    /// <inheritdoc cref="TorchTabular(RegressionCatalog.RegressionTrainers, string, string, string, Optimizer, LrSchedule, double?, int?)" path="/param[@name!='labelColumnName']"/>
    public static TorchBinaryTrainer TorchTabular(
        this BinaryClassificationCatalog.BinaryClassificationTrainers catalog,
        string labelColumnName = DefaultColumnNames.Label,
        string featureColumnName = DefaultColumnNames.Features,
        string? exampleWeightColumnName = null,
        Optimizer? optimizer = null,
        LrSchedule? schedule = null,
        double? numberOfEpochs = null,
        int? members = null) =>
        new(catalog.Environment(), new TorchTabularOptions { Members = members }.With(labelColumnName, featureColumnName, exampleWeightColumnName, optimizer, schedule, numberOfEpochs));

    /// <summary>Trains a network for tables, for binary classification, with all options.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">They are copied.</param>
    public static TorchBinaryTrainer TorchTabular(this BinaryClassificationCatalog.BinaryClassificationTrainers catalog, TorchTabularOptions options) =>
        new(catalog.Environment(), Require.NotNull(options, "Leave it out for the defaults.", nameof(options)));

    /// <summary>Trains a network for tables, for multiclass classification. Encodings of numbers and categories, several networks averaged, and
    /// rates, decay and dropout on schedules. Features need no normalisation and may have missing values.</summary>
    /// <param name="labelColumnName">The label: a key.</param>
    /// <inheritdoc cref="TorchTabular(RegressionCatalog.RegressionTrainers, string, string, string, Optimizer, LrSchedule, double?, int?)" path="/param[@name!='labelColumnName']"/>
    public static TorchMulticlassTrainer TorchTabular(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string labelColumnName = DefaultColumnNames.Label,
        string featureColumnName = DefaultColumnNames.Features,
        string? exampleWeightColumnName = null,
        Optimizer? optimizer = null,
        LrSchedule? schedule = null,
        double? numberOfEpochs = null,
        int? members = null) =>
        new(catalog.Environment(), new TorchTabularOptions { Members = members }.With(labelColumnName, featureColumnName, exampleWeightColumnName, optimizer, schedule, numberOfEpochs));

    /// <summary>Trains a network for tables, for multiclass classification, with all options.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">They are copied.</param>
    public static TorchMulticlassTrainer TorchTabular(this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, TorchTabularOptions options) =>
        new(catalog.Environment(), Require.NotNull(options, "Leave it out for the defaults.", nameof(options)));
}
