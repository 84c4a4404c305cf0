using Microsoft.ML.Data;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers.Torch;

namespace Microsoft.ML;

/// <summary>What the verbs of all trainers do with their arguments.</summary>
internal static class CatalogArguments
{
    /// <summary>The options with these values; those that are null stay as they are.</summary>
    public static TOptions With<TOptions>(
        this TOptions options, string labelColumnName, string featureColumnName, string? exampleWeightColumnName,
        Optimizer? optimizer, LrSchedule? schedule, double? numberOfEpochs, int? batchSize = null)
        where TOptions : TrainingOptions
    {
        (options.LabelColumnName, options.FeatureColumnName, options.ExampleWeightColumnName) = (labelColumnName, featureColumnName, exampleWeightColumnName);
        if (optimizer is not null) options.Optimizer = optimizer;
        if (schedule is not null) options.Schedule = schedule;
        if (numberOfEpochs is not null) options.NumberOfEpochs = numberOfEpochs;
        if (batchSize is not null) options.BatchSize = batchSize;
        return options;
    }

    /// <summary>The context that the catalog belongs to.</summary>
    public static IHostEnvironment Environment(this TrainCatalogBase.CatalogInstantiatorBase catalog)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return CatalogUtils.GetEnvironment(catalog);
    }
}
