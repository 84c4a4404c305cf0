using System.Globalization;
using Microsoft.ML.LrSchedules;
using HuggingFace = Microsoft.ML.LrSchedules.LrSchedule.Like.HuggingFace;

namespace Golden.Curves;

/// <summary>transformers and diffusers.</summary>
internal static class HuggingFaceFamilies
{
    internal static IReadOnlyList<GoldenSeries>? Of(GoldenCurve curve) => Schedule(curve) is { } schedule ? Families.Rates(curve, schedule) : null;

    private static LrSchedule? Schedule(GoldenCurve curve)
    {
        Parameters p = curve.Parameters;
        int Warmup() => p.Int("num_warmup_steps", 0);
        int Training() => p.Int("num_training_steps");
        double Minimum() => p.Optional("min_lr_rate") ?? p.Number("min_lr", 0) / (curve.BaseRate ?? 1);
        return curve.Family switch
        {
            "hf.constant" => HuggingFace.ConstantSchedule(),
            "hf.constant_with_warmup" => HuggingFace.ConstantWithWarmup(Warmup()),
            "hf.linear" => HuggingFace.LinearWithWarmup(Warmup(), Training()),
            "hf.cosine" => HuggingFace.CosineWithWarmup(Warmup(), Training(), p.Number("num_cycles", 0.5)),
            "hf.cosine_with_min_lr" => HuggingFace.CosineWithWarmup(Warmup(), Training(), p.Number("num_cycles", 0.5), Minimum()),
            "hf.cosine_with_restarts" => HuggingFace.CosineWithHardRestarts(Warmup(), Training(), p.Int("num_cycles", 1)),
            "hf.cosine_warmup_with_min_lr" => HuggingFace.CosineWarmupWithMinLr(Warmup(), Training(), Minimum(), p.Optional("warmup_lr_rate"), p.Number("num_cycles", 0.5)),
            "hf.polynomial" => HuggingFace.PolynomialWithWarmup(Warmup(), Training(), p.Number("lr_end", 1e-7), p.Number("power", 1)),
            "hf.inverse_sqrt" => HuggingFace.InverseSqrt(Warmup(), (int?)p.Optional("timescale")),
            "hf.wsd" => Wsd(p),
            "diffusers.piecewise_constant" => Piecewise(p.Text("step_rules")),
            _ => null,
        };
    }

    private static LrSchedule Wsd(Parameters p)
    {
        int warmup = p.Int("num_warmup_steps");
        int stable = p.Has("num_stable_steps") ? p.Int("num_stable_steps") : p.Int("num_training_steps") - warmup - p.Int("num_decay_steps");
        return HuggingFace.Wsd(warmup, stable, p.Int("num_decay_steps"), Shape(p.Text("warmup_type", "linear")), Shape(p.Text("decay_type", "cosine")),
            p.Number("min_lr_ratio", 0), p.Number("num_cycles", 0.5));
    }

    internal static Shape Shape(string name) => name switch
    {
        "linear" => Microsoft.ML.LrSchedules.Shape.Linear,
        "cosine" => Microsoft.ML.LrSchedules.Shape.Cosine(),
        "1-sqrt" => Microsoft.ML.LrSchedules.Shape.OneMinusSqrt,
        "1-square" => Microsoft.ML.LrSchedules.Shape.OneMinusSquare,
        _ => throw new FormatException($"the shape {name} is unknown"),
    };

    // "1:3,0.3:6,0.1": the factor 1 before step 3, 0.3 before step 6, then 0.1.
    private static LrSchedule Piecewise(string rules)
    {
        string[][] pieces = [.. rules.Split(',').Select(rule => rule.Split(':'))];
        return HuggingFace.PiecewiseConstant(
            [.. pieces.SkipLast(1).Select(piece => int.Parse(piece[1], CultureInfo.InvariantCulture))],
            [.. pieces.Select(piece => double.Parse(piece[0], CultureInfo.InvariantCulture))]);
    }
}
