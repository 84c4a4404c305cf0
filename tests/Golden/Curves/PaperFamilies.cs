using Microsoft.ML.LrSchedules;
using Papers = Microsoft.ML.LrSchedules.LrSchedule.Like.Papers;

namespace Golden.Curves;

/// <summary>Papers, nanoGPT, gradual warmup, learning-rate finders and layer-wise decay.</summary>
internal static class PaperFamilies
{
    internal static IReadOnlyList<GoldenSeries>? Of(GoldenCurve curve)
    {
        Parameters p = curve.Parameters;
        switch (curve.Family)
        {
            case "paper.noam":
                int warmup = p.Int("warmup_steps");
                return Families.Rates(curve, Papers.Noam(warmup), 1 / Math.Sqrt(p.Number("d_model") * warmup) * p.Number("factor", 1));
            case "paper.t5_rsqrt":
                return Families.Rates(curve, Papers.T5InverseSquareRoot(p.Int("k")));
            case "paper.linear_to_zero":
                return InRun(curve, Warmup(p) is { } over ? Papers.LinearToZero(over) : LrSchedule.Linear());
            case "paper.constant_1sqrt_cooldown":
                return InRun(curve, Papers.ConstantCooldown(Warmup(p), p.Number("decay").Steps()));
            case "paper.trapezoidal":
                return InRun(curve, Papers.Trapezoidal((p.Number("cooldown_frac") * p.Number("total")).Steps(), p.Number("final", 0)));
            case "paper.warmup_hold_cosine":
                return Families.Rates(curve, WarmupHoldCosine(p));
            case "paper.wsd_s":
                (int, int)[] phases = [.. p.Raw("segments_total_and_decay").EnumerateArray().Select(phase => ((int)phase[0].GetDouble(), (int)phase[1].GetDouble()))];
                return Families.Rates(curve, Papers.WsdSimplified(p.Int("warmup"), phases, p.Number("min")));
            case "paper.infinite":
                return Families.Rates(curve, Papers.Infinite(p.Int("warmup"), p.Int("cooldown"), p.Int("constant"), p.Int("anneal"), p.Number("constant_lr") / curve.BaseRate!.Value, p.Number("min") / curve.BaseRate.Value));
            case "paper.power":
                return Families.Rates(curve, Papers.Power(p.Int("warmup"), p.Number("a"), p.Number("b"), p.Number("lr_max")), p.Number("lr_max"));
            case "nanogpt.get_lr":
                return Families.Rates(curve, Papers.NanoGpt(p.Int("warmup_iters"), p.Int("lr_decay_iters"), p.Number("min_lr")));
            case "ildoonet.GradualWarmup":
                return Families.Rates(curve, Papers.GradualWarmup(p.Int("total_epoch"), p.Number("multiplier", 1), After(p)));
            case "lr_finder.ExponentialLR":
                return Finder(curve, (to, steps) => LrSchedule.Geometric(steps.Steps(), to));
            case "lr_finder.LinearLR":
                return Finder(curve, (to, steps) => LrSchedule.Linear(steps.Steps(), to));
            case "layerwise_decay":
                var decay = new LayerwiseDecay(p.Number("layer_decay"), p.Number("min_scale", 0));
                int last = p.Int("layers");
                return [new GoldenSeries("values", curve.Values, k => (curve.BaseRate ?? 1) * decay.FactorOf(k, last))];
            default:
                return null;
        }
    }

    private static TrainingSpan? Warmup(Parameters p) => p.Int("warmup", 0) is var steps && steps > 0 ? steps.Steps() : null;

    private static IReadOnlyList<GoldenSeries> InRun(GoldenCurve curve, LrSchedule schedule) =>
        Families.Rates(curve, schedule, plan: TrainingPlan.OfSteps(curve.Parameters.Int("total")));

    private static LrSchedule WarmupHoldCosine(Parameters p)
    {
        LrSchedule all = LrSchedule.Cosine(p.Number("decay").Steps(), p.Number("end_fraction", 0), from: 1);
        if (p.Number("hold", 0) is var hold and > 0)
            all = LrSchedule.Hold(hold.Steps(), at: 1).Then(all);
        return Warmup(p) is { } warmup ? LrSchedule.Warmup(warmup).Then(all) : all;
    }

    // The golden files' two followers: a cosine over 20 epochs and a halving every 5.
    private static LrSchedule? After(Parameters p) => p.Has("after") ? p.Text("after") switch
    {
        "cos" => LrSchedule.CosineWave(20.Epochs(), from: 1),
        "step" => LrSchedule.Step(5.Epochs(), 0.5, from: 1),
        string other => throw new FormatException($"the follower {other} is unknown"),
    } : null;

    // The finders' first value is the start, the second is already two parts of the way: they skip the first part. The way goes on past its end.
    private static IReadOnlyList<GoldenSeries> Finder(GoldenCurve curve, Func<double, int, LrSchedule> ramp)
    {
        Parameters p = curve.Parameters;
        double low = p.Number("min_lr");
        double high = p.Number("max_lr");
        int steps = p.Int("num_training");
        int beyond = curve.Values.Length + 1;
        double ratio = high / low;
        double to = curve.Family == "lr_finder.LinearLR" ? 1 + (ratio - 1) * beyond / steps : Math.Pow(ratio, (double)beyond / steps);
        LrSchedule way = LrSchedule.Hold(1.Steps(), at: 1).Then(ramp(to, beyond).Skipping(2.Steps()));
        return Families.Rates(curve, way, low);
    }
}
