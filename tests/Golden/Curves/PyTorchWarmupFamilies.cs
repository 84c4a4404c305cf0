using Microsoft.ML.LrSchedules;
using PyTorchWarmup = Microsoft.ML.LrSchedules.LrSchedule.Like.PyTorchWarmup;

namespace Golden.Curves;

/// <summary>pytorch_warmup.</summary>
internal static class PyTorchWarmupFamilies
{
    internal static IReadOnlyList<GoldenSeries>? Of(GoldenCurve curve)
    {
        Parameters p = curve.Parameters;
        double beta2 = p.Number("beta2", 0.999);
        LrSchedule? schedule = curve.Family switch
        {
            "pytorch_warmup.LinearWarmup" => PyTorchWarmup.LinearWarmup(p.Number("warmup_period")),
            "pytorch_warmup.ExponentialWarmup" => PyTorchWarmup.ExponentialWarmup(p.Number("warmup_period")),
            "pytorch_warmup.UntunedLinearWarmup" => PyTorchWarmup.UntunedLinearWarmup(beta2),
            "pytorch_warmup.UntunedExponentialWarmup" => PyTorchWarmup.UntunedExponentialWarmup(beta2),
            "pytorch_warmup.RAdamWarmup" => PyTorchWarmup.RAdamWarmup(beta2),
            "pytorch_warmup.dampened_cosine" => PyTorchWarmup.LinearWarmup(p.Number("warmup_period")) * LrSchedule.Like.PyTorch.CosineAnnealingLR(p.Number("T_max").Steps(), p.Number("eta_min", 0)),
            _ => null,
        };
        // The untuned linear warmup of beta2 = 0.999 is 2000 steps long.
        return schedule is null ? null : Families.Rates(curve, schedule, plan: TrainingPlan.OfSteps(1, 1_000_000));
    }
}
