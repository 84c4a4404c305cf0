using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.Trainers.Torch.Tabular;

/// <summary>
/// The rules that turn a task and a number of rows into settings. Each is in docs/tabular.md with its reason. The starting point is RealMLP:
/// Holzmueller, Grinsztajn and Steinwart 2024, Better by default, arXiv:2407.04491.
/// </summary>
internal static class Recipe
{
    /// <summary>Up to so many rows, held-out folds decide; beyond it, one fold decides whether they do.</summary>
    public const int SmallTable = 4096;

    /// <summary>With fewer rows than this a fold says nothing.</summary>
    private const int SmallestTable = 40;

    public const int DefaultMembers = 4;
    private const int DefaultFolds = 8;
    private const int LargestBatch = 256, SmallestBatch = 32, LeastStepsPerPass = 8;

    /// <summary>1 for the first half of the run, then a cosine to 0: for decay, dropout and label smoothing.</summary>
    public static LrSchedule FlatCosine { get; } = LrSchedule.Hold(0.5.OfRun()).Cosine();

    /// <summary>A copy of the options with every default filled in.</summary>
    public static TorchTabularOptions Resolve(TorchTabularOptions given, LearningTask task, int rows)
    {
        bool regression = task == LearningTask.Regression;
        var options = (TorchTabularOptions)given.Copy();
        options.Activation ??= regression ? ActivationFunction.Mish : ActivationFunction.Selu;
        options.MissingValues ??= MissingValueHandling.Impute;
        options.InputScaling ??= InputScaling.Robust;
        // The encodings include robust scaling: who asks for another one asks for none of them.
        bool encodes = options.InputScaling == InputScaling.Robust;
        options.PiecewiseLinearBins ??= !encodes ? 0 : regression ? 64 : 128;
        options.PeriodicFrequencies ??= encodes && regression ? 16 : 0;
        options.LabelSmoothing ??= regression ? 0 : 0.1.Following(FlatCosine);
        options.FoldsAreTheRecipes |= given.Folds is null;
        options.Folds ??= rows is >= SmallestTable and <= SmallTable && options.Members != 1 && options.SharedMembers is null ? options.Members ?? DefaultFolds : 0;
        options.Folds = Math.Min(options.Folds.Value, rows);
        options.FoldsIfNoisy = given.Folds is null && rows > SmallTable && options.Members != 1 && options.SharedMembers is null ? options.Members ?? DefaultFolds : 0;
        options.Members = options.Folds > 0 ? options.Folds : options.Members ?? (options.SharedMembers is null ? DefaultMembers : 1);
        options.Optimizer = given.GivenOptimizer
            ?? Optimizers.AdamW(learningRate: regression ? 0.1 : 0.04, weightDecay: 0, beta2: 0.95) with { WeightDecay = 0.02.Following(FlatCosine) };
        options.Schedule = given.GivenSchedule
            ?? (regression ? LrSchedule.Decay(TrainingSpan.Rest, Shape.CosLog(4), from: 1) : LrSchedule.Warmup(0.05.OfRun()).Cosine());
        options.NumberOfEpochs = given.NumberOfEpochs ?? Epochs(regression, rows);
        options.BatchSize = Math.Min(given.BatchSize ?? Batch(rows), rows);
        return options;
    }

    /// <summary>The loss of resolved options: the user's own, or the recipe's.</summary>
    public static Loss LossOf(TorchTabularOptions options, LearningTask task) =>
        options.Loss ?? (task == LearningTask.Regression ? new SquaredError() : new SoftmaxCrossEntropy { LabelSmoothing = options.LabelSmoothing!.Value });

    /// <summary>The recipe's rates and decays, for the parameters that there are; the user's own groups come after them.</summary>
    public static IReadOnlyList<ParameterGroup> Groups(NeuralNetworks.ParameterLayout layout, IReadOnlyList<ParameterGroup> own)
    {
        ParameterGroup[] all =
        [
            new("categories.*") { LearningRateMultiplier = 0.1 },
            new("encoding.*") { LearningRateMultiplier = 0.1 },
            new("front.weight") { LearningRateMultiplier = 6 },
            new("output.bias") { LearningRateMultiplier = 0.1, WeightDecay = 0 },
            new("layers.*.bias") { LearningRateMultiplier = 0.1, WeightDecay = 0 },
            new("*.blend") { LearningRateMultiplier = 0.1 },
            new("*.input_scale") { LearningRateMultiplier = 0.1, WeightDecay = 0 },
            new("*.output_scale") { LearningRateMultiplier = 0.1, WeightDecay = 0 },
        ];
        return [.. all.Where(group => layout.Any(slot => slot.Spec.IsTrainable && group.Matches(slot.Spec))), .. own];
    }

    /// <summary>As many passes as give a constant number of rows seen, within bounds.</summary>
    private static int Epochs(bool regression, int rows) =>
        Math.Clamp((regression ? 500_000 : 400_000) / rows, 12, 64);

    /// <summary>
    /// 256 rows; of small tables an eighth, in steps of 16: a pass over 250 rows that is a single step leaves a run of 64 passes with 64 steps, fewer than
    /// the weights need to leave their first values, however clean the table is.
    /// </summary>
    private static int Batch(int rows) => Math.Clamp(rows / LeastStepsPerPass / 16 * 16, SmallestBatch, LargestBatch);
}
