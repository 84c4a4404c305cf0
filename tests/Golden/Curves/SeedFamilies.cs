using Microsoft.ML.LrSchedules;
using Seed = Microsoft.ML.LrSchedules.LrSchedule.Like.Seed;

namespace Golden.Curves;

/// <summary>The four systems that the library started from.</summary>
internal static class SeedFamilies
{
    internal static IReadOnlyList<GoldenSeries>? Of(GoldenCurve curve)
    {
        Parameters p = curve.Parameters;
        int epochs = p.Int("total_epochs");
        TrainingPlan plan = TrainingPlan.OfSteps(p.Int("total_batches", 1), epochs);
        LrSchedule? schedule = curve.Family switch
        {
            "seed.decay_lr_poly" => Seed.DecayLrPoly(epochs, p.Int("warm_up"), p.Number("power")),
            "seed.decay_lr_cosine" => Seed.DecayLrCosine(epochs, p.Int("warm_up")),
            "seed.decay_lr_stable" => Seed.DecayLrStable(epochs, p.Int("warm_up"), p.Int("stable_epochs")),
            "seed.GradualWarmupScheduler" => Seed.GradualWarmupScheduler(p.Int("warmup_epochs")),
            _ => null,
        };
        return schedule is null ? null : Families.Rates(curve, schedule, plan: plan);
    }
}
