using Microsoft.ML.LrSchedules;
using PyTorchOptimizer = Microsoft.ML.LrSchedules.LrSchedule.Like.PyTorchOptimizer;

namespace Golden.Curves;

/// <summary>pytorch_optimizer and REX.</summary>
internal static class PyTorchOptimizerFamilies
{
    internal static IReadOnlyList<GoldenSeries>? Of(GoldenCurve curve)
    {
        Parameters p = curve.Parameters;
        switch (curve.Family)
        {
            case "pytorch_optimizer.chebyshev":
                return Families.Rates(curve, PyTorchOptimizer.ChebyshevSchedule(p.Int("num_epochs")));
            case "pytorch_optimizer.wsd":
                return Families.Rates(curve, PyTorchOptimizer.Wsd(p.Int("num_warmup_steps"), p.Int("num_stable_steps"), p.Int("num_decay_steps"),
                    HuggingFaceFamilies.Shape(p.Text("cooldown_type", "1-sqrt")), p.Number("min_lr_ratio", 0)));
            case "pytorch_optimizer.CosineScheduler":
                return Families.Rates(curve, PyTorchOptimizer.CosineScheduler(p.Int("t_max"), p.Number("min_lr", 0), p.Number("init_lr", 0), p.Int("warmup_steps", 0)), p.Number("max_lr"));
            case "pytorch_optimizer.LinearScheduler":
                int end = p.Int("t_max");
                return [.. Families.Rates(curve, PyTorchOptimizer.LinearScheduler(end, p.Number("min_lr", 0), p.Number("init_lr", 0), p.Int("warmup_steps", 0)), p.Number("max_lr"))
                    .Select(series => series.Upto(end + 1, "past its end the peer's line goes on below its minimum, to negative rates; the last value holds here"))];
            case "rex":
                return Rex(curve);
            case "cosine_annealing_warmup_restarts":
                return Families.Rates(curve, PyTorchOptimizer.CosineAnnealingWarmupRestarts(p.Int("first_cycle_steps"), p.Number("min_lr", 0), p.Int("warmup_steps", 0), p.Number("cycle_mult", 1), p.Number("gamma", 1)), p.Number("max_lr"));
            default:
                return null;
        }
    }

    // Two peers: one counts total_steps and holds its end, the other num_epochs and restarts.
    private static IReadOnlyList<GoldenSeries> Rex(GoldenCurve curve)
    {
        Parameters p = curve.Parameters;
        double beta = p.Number("beta", 0.5);
        if (p.Has("total_steps"))
            return Families.Rates(curve, PyTorchOptimizer.RexScheduler(p.Int("total_steps"), p.Number("min_lr", 0), beta), p.Number("max_lr"));
        LrSchedule cycles = LrSchedule.Restarts(p.Int("num_epochs").Steps(), Shape.Rex(beta), toRate: p.Number("min_val", 0));
        return Families.Rates(curve, cycles, p.Number("max_val"));
    }
}
