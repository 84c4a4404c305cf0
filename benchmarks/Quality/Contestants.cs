using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.FastTree;
using Microsoft.ML.Trainers.LightGbm;
using Microsoft.ML.Trainers.Torch;
using Microsoft.ML.Transforms;

namespace MlNetLr.Benchmarks.Quality;

/// <summary>
/// A trainer by name, for each task. Linear models and the plain network get features without gaps, brought to mean 0 and variance 1; FastTree and FastForest
/// features without gaps: they leave out every training row that has one.
/// </summary>
internal sealed record QualityContestant(string Name, Func<MLContext, TableTask, int, IEstimator<ITransformer>> Make)
{
    private const string Value = nameof(TableEncoder.Row.Value), Second = nameof(TableEncoder.Row.IsSecond), Class = nameof(TableEncoder.Row.Class);
    private const string Features = nameof(TableEncoder.Row.Features);

    public static IReadOnlyList<QualityContestant> All { get; } =
    [
        new("TorchTabular", (ml, task, seed) => Tabular(ml, task, seed, _ => { })),
        new("TorchMlp", Mlp),
        new("LightGBM", (ml, task, seed) => LightGbm(ml, task, seed, null, null)),
        new("LightGBM 500 x 0.05", (ml, task, seed) => LightGbm(ml, task, seed, 500, 0.05)),
        new("FastTree", (ml, task, seed) => FastTree(ml, task, 100, 0.2)),
        new("FastTree 500 x 0.05", (ml, task, seed) => FastTree(ml, task, 500, 0.05)),
        new("FastForest", Forest),
        new("Sdca", Sdca),
    ];

    /// <summary>TorchTabular under one schedule after another, all else equal.</summary>
    public static IReadOnlyList<QualityContestant> Schedules { get; } =
    [
        .. new (string Name, LrSchedule Schedule)[]
        {
            ("constant", LrSchedule.Constant),
            ("warmup + cosine", LrSchedule.Warmup(0.05.OfRun()).Cosine()),
            ("WSD", LrSchedule.Warmup(0.05.OfRun()).Hold(0.65.OfRun()).Linear()),
            ("one-cycle", LrSchedule.Warmup(0.3.OfRun(), from: 0.04, shape: Shape.Cosine()).Cosine()),
            ("coslog4", LrSchedule.Decay(TrainingSpan.Rest, Shape.CosLog(4), from: 1)),
        }.Select(one => new QualityContestant(one.Name, (ml, task, seed) => Tabular(ml, task, seed, options => options.Schedule = one.Schedule))),
    ];

    public static int? Members { get; set; }

    public static int? Folds { get; set; }

    private static IEstimator<ITransformer> Tabular(MLContext ml, TableTask task, int seed, Action<TorchTabularOptions> change)
    {
        var options = new TorchTabularOptions { Seed = seed, LabelColumnName = LabelOf(task), FeatureColumnName = Features, Members = Members, Folds = Folds };
        change(options);
        return task switch
        {
            TableTask.Regression => ml.Regression.Trainers.TorchTabular(options),
            TableTask.Binary => ml.BinaryClassification.Trainers.TorchTabular(options),
            _ => ml.MulticlassClassification.Trainers.TorchTabular(options),
        };
    }

    private static IEstimator<ITransformer> Mlp(MLContext ml, TableTask task, int seed)
    {
        var options = new TorchMlpOptions { Seed = seed, LabelColumnName = LabelOf(task), FeatureColumnName = Features };
        // Centred, as the examples do it: ML.NET's default keeps zeros at zero, which suits sparse linear models.
        return Normalised(ml, fixZero: false).Append(task switch
        {
            TableTask.Regression => (IEstimator<ITransformer>)ml.Regression.Trainers.TorchMlp(options),
            TableTask.Binary => ml.BinaryClassification.Trainers.TorchMlp(options),
            _ => ml.MulticlassClassification.Trainers.TorchMlp(options),
        });
    }

    private static IEstimator<ITransformer> LightGbm(MLContext ml, TableTask task, int seed, int? trees, double? rate)
    {
        switch (task)
        {
            case TableTask.Regression:
            {
                var options = new LightGbmRegressionTrainer.Options { Seed = seed, LabelColumnName = Value, FeatureColumnName = Features, LearningRate = rate };
                if (trees is { } count) options.NumberOfIterations = count;
                return ml.Regression.Trainers.LightGbm(options);
            }
            case TableTask.Binary:
            {
                var options = new LightGbmBinaryTrainer.Options { Seed = seed, LabelColumnName = Second, FeatureColumnName = Features, LearningRate = rate };
                if (trees is { } count) options.NumberOfIterations = count;
                return ml.BinaryClassification.Trainers.LightGbm(options);
            }
            default:
            {
                var options = new LightGbmMulticlassTrainer.Options { Seed = seed, LabelColumnName = Class, FeatureColumnName = Features, LearningRate = rate };
                if (trees is { } count) options.NumberOfIterations = count;
                return ml.MulticlassClassification.Trainers.LightGbm(options);
            }
        }
    }

    private static IEstimator<ITransformer> FastTree(MLContext ml, TableTask task, int trees, double rate)
    {
        FastTreeBinaryTrainer Binary(string label) => ml.BinaryClassification.Trainers.FastTree(label, Features, numberOfTrees: trees, learningRate: rate);
        return Filled(ml).Append(task switch
        {
            TableTask.Regression => (IEstimator<ITransformer>)ml.Regression.Trainers.FastTree(Value, Features, numberOfTrees: trees, learningRate: rate),
            TableTask.Binary => Binary(Second),
            _ => ml.MulticlassClassification.Trainers.OneVersusAll(Binary(Class), labelColumnName: Class),
        });
    }

    private static IEstimator<ITransformer> Forest(MLContext ml, TableTask task, int seed) => Filled(ml).Append(task switch
    {
        TableTask.Regression => (IEstimator<ITransformer>)ml.Regression.Trainers.FastForest(Value, Features),
        TableTask.Binary => ml.BinaryClassification.Trainers.FastForest(Second, Features),
        _ => ml.MulticlassClassification.Trainers.OneVersusAll(ml.BinaryClassification.Trainers.FastForest(Class, Features), labelColumnName: Class),
    });

    private static IEstimator<ITransformer> Sdca(MLContext ml, TableTask task, int seed) => Normalised(ml).Append(task switch
    {
        TableTask.Regression => (IEstimator<ITransformer>)ml.Regression.Trainers.Sdca(Value, Features),
        TableTask.Binary => ml.BinaryClassification.Trainers.SdcaLogisticRegression(Second, Features),
        _ => ml.MulticlassClassification.Trainers.SdcaMaximumEntropy(Class, Features),
    });

    private static IEstimator<ITransformer> Normalised(MLContext ml, bool fixZero = true) =>
        Filled(ml).Append(ml.Transforms.NormalizeMeanVariance(Features, fixZero: fixZero));

    private static MissingValueReplacingEstimator Filled(MLContext ml) =>
        ml.Transforms.ReplaceMissingValues(Features, replacementMode: MissingValueReplacingEstimator.ReplacementMode.Mean);

    private static string LabelOf(TableTask task) => task switch { TableTask.Regression => Value, TableTask.Binary => Second, _ => Class };
}
