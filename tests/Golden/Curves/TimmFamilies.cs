using Microsoft.ML.LrSchedules;
using Timm = Microsoft.ML.LrSchedules.LrSchedule.Like.Timm;

namespace Golden.Curves;

/// <summary>timm.scheduler, per epoch: an epoch is a step here.</summary>
internal static class TimmFamilies
{
    internal static IReadOnlyList<GoldenSeries>? Of(GoldenCurve curve)
    {
        Parameters p = curve.Parameters;
        double rate = curve.BaseRate!.Value;
        int warmup = p.Int("warmup_t", 0);
        double init = p.Number("warmup_lr_init", 0);
        if (curve.Family == "timm.plateau")
            return [Plateau(curve, warmup, init)];
        bool prefix = p.Flag("warmup_prefix", curve.Family is "timm.step" or "timm.multistep");
        LrSchedule? schedule = curve.Family switch
        {
            "timm.step" => Timm.Step(p.Int("decay_t"), p.Number("decay_rate", 1), warmup, init, prefix),
            "timm.multistep" => Timm.MultiStep([.. p.Numbers("decay_t").Select(t => (int)t)], p.Number("decay_rate", 1), warmup, init, prefix),
            "timm.cosine" => Timm.Cosine(p.Int("t_initial"), p.Number("lr_min", 0), p.Number("cycle_mul", 1), p.Number("cycle_decay", 1), p.Int("cycle_limit", 1), warmup, init, prefix, p.Number("k_decay", 1)),
            "timm.poly" => Timm.Poly(p.Int("t_initial"), p.Number("power", 0.5), p.Number("lr_min", 0), p.Number("cycle_mul", 1), p.Number("cycle_decay", 1), p.Int("cycle_limit", 1), warmup, init, prefix, p.Number("k_decay", 1)),
            "timm.tanh" => Timm.Tanh(p.Int("t_initial"), p.Number("lb", -7), p.Number("ub", 3), p.Number("lr_min", 0), p.Number("cycle_mul", 1), p.Number("cycle_decay", 1), p.Int("cycle_limit", 1), warmup, init, prefix, rate),
            _ => null,
        };
        return schedule is null ? null : Families.Rates(curve, schedule);
    }

    // The metric of epoch k is observed after it, from the end of the warmup on.
    private static GoldenSeries Plateau(GoldenCurve curve, int warmup, double init)
    {
        Parameters p = curve.Parameters;
        double rate = curve.BaseRate!.Value;
        ReduceOnPlateau plateau = Timm.Plateau(rate, p.Number("decay_rate", 0.1), p.Int("patience_t", 10), p.Number("threshold", 1e-4), p.Int("cooldown_t", 0), p.Number("lr_min", 0), p.Text("mode", "max") == "max");
        LrSchedule ramp = warmup > 0 ? LrSchedule.Warmup(warmup.Steps(), fromRate: init) : LrSchedule.Constant;
        BoundSchedule bound = ramp.Bind(TrainingPlan.OfSteps(1, curve.Values.Length + warmup), rate);
        return PlateauSeries.Of(curve, plateau, k => rate * bound.FactorAt(k), firstObservation: warmup);
    }
}
