using Microsoft.ML.Trainers.Torch;
#if WITH_AUTOML
using Microsoft.ML.SearchSpace;
#endif

namespace FromAutoML;

/// <summary>
/// What AutoML may vary, as flat properties: its binding ignores fields and knows no optimizers. <see cref="ToOptions"/> says what they mean.
/// </summary>
internal sealed class MlpChoice
{
#if WITH_AUTOML
    [Choice("adamw", "lion", "sgd")]
#endif
    public string Optimizer { get; set; } = "adamw";

#if WITH_AUTOML
    [Range(1e-4, 1e-1, 1e-3, true)]
#endif
    public double LearningRate { get; set; } = 1e-3;

#if WITH_AUTOML
    [Range(1e-6, 1e-1, 1e-2, true)]
#endif
    public double WeightDecay { get; set; } = 1e-2;

#if WITH_AUTOML
    [Range(16, 512, 128, true)]
#endif
    public int Width { get; set; } = 128;

    public TorchMlpOptions ToOptions() => new()
    {
        // The text forms of the library take any optimizer and any schedule.
        Optimizer = Microsoft.ML.Trainers.Torch.Optimizer.Parse(FormattableString.Invariant($"{Optimizer}(lr={(Optimizer == "lion" ? LearningRate / 10 : LearningRate)}, wd={WeightDecay})")),
        HiddenLayers = [Width, Width],
        Seed = 1,
    };
}
