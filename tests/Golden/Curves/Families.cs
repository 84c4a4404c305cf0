using Microsoft.ML.LrSchedules;

namespace Golden.Curves;

/// <summary>What this library computes for each family.</summary>
internal static class Families
{
    /// <summary>The series of a curve, or null for an unknown family.</summary>
    internal static IReadOnlyList<GoldenSeries>? Of(GoldenCurve curve) => curve.Family.Split('.')[0] switch
    {
        "seed" => SeedFamilies.Of(curve),
        "torch" => TorchFamilies.Of(curve),
        "hf" or "diffusers" => HuggingFaceFamilies.Of(curve),
        "timm" => TimmFamilies.Of(curve),
        "optax" => OptaxFamilies.Of(curve),
        "keras" => KerasFamilies.Of(curve),
        "composer" => ComposerFamilies.Of(curve),
        "fastai" => FastaiFamilies.Of(curve),
        "mlnet" => MlNetFamilies.Of(curve),
        "sklearn" => ScikitLearnFamilies.Of(curve),
        "pytorch_warmup" => PyTorchWarmupFamilies.Of(curve),
        "pytorch_optimizer" or "rex" or "cosine_annealing_warmup_restarts" => PyTorchOptimizerFamilies.Of(curve),
        "paper" or "nanogpt" or "ildoonet" or "lr_finder" or "layerwise_decay" => PaperFamilies.Of(curve),
        _ => null,
    };

    /// <summary>The values of one schedule times its peak, at steps of a plan that has at least as many as there are values.</summary>
    internal static IReadOnlyList<GoldenSeries> Rates(GoldenCurve curve, LrSchedule schedule, double? peak = null, TrainingPlan? plan = null)
    {
        double rate = peak ?? curve.BaseRate ?? throw new KeyNotFoundException("base_lr");
        return [Series(curve, "values", schedule, rate, plan)];
    }

    /// <summary>A series named in the file.</summary>
    internal static GoldenSeries Series(GoldenCurve curve, string name, LrSchedule schedule, double peak, TrainingPlan? plan = null)
    {
        double[] want = curve.Series(name)!;
        BoundSchedule bound = schedule.Bind(plan ?? TrainingPlan.OfSteps(1, Math.Max(want.Length, 1) + 1000), peak > 0 ? peak : null);
        return new GoldenSeries(name, want, k => peak * bound.FactorAt(k));
    }
}
