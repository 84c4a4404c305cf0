using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.ML.LrSchedules;
using Optax = Microsoft.ML.LrSchedules.LrSchedule.Like.Optax;

namespace Golden.Curves;

/// <summary>optax.schedules: they give the rate itself, so the peak is 1.</summary>
internal static partial class OptaxFamilies
{
    [GeneratedRegex(@"([A-Za-z_]+)\(([^()]*)\)")]
    private static partial Regex Call();

    [GeneratedRegex(@"([-+0-9.eE]+)\s*:\s*([-+0-9.eE]+)")]
    private static partial Regex Pair();

    [GeneratedRegex(@"\bat\s+([0-9.]+)")]
    private static partial Regex Boundary();

    internal static IReadOnlyList<GoldenSeries>? Of(GoldenCurve curve) => Schedule(curve) is { } schedule ? Families.Rates(curve, schedule, peak: 1) : null;

    private static LrSchedule? Schedule(GoldenCurve curve)
    {
        Parameters p = curve.Parameters;
        switch (curve.Family)
        {
            case "optax.constant":
                return Optax.ConstantSchedule(p.Number("value"));
            case "optax.linear":
                return Optax.PolynomialSchedule(p.Number("init_value"), p.Number("end_value"), 1, p.Int("transition_steps"), p.Int("transition_begin", 0));
            case "optax.polynomial":
                return Optax.PolynomialSchedule(p.Number("init_value"), p.Number("end_value"), p.Number("power"), p.Int("transition_steps"), p.Int("transition_begin", 0));
            case "optax.cosine_decay":
                return Optax.CosineDecay(p.Number("init_value"), p.Int("decay_steps"), p.Number("alpha", 0), p.Number("exponent", 1));
            case "optax.exponential":
                return Optax.ExponentialDecay(p.Number("init_value"), p.Int("transition_steps"), p.Number("decay_rate"), p.Int("transition_begin", 0), p.Flag("staircase", false), p.Optional("end_value"));
            case "optax.piecewise_constant":
                (int[] at, double[] scales) = Pieces(p.Text("boundaries_and_scales", "{}"));
                return Optax.PiecewiseConstant(p.Number("init_value"), at, scales);
            case "optax.piecewise_interpolate":
                (int[] positions, double[] factors) = Pieces(p.Text("boundaries_and_scales", "{}"));
                return Optax.PiecewiseInterpolate(p.Text("interpolate_type") == "cosine", p.Number("init_value"), positions, factors);
            case "optax.warmup_constant":
                return Optax.WarmupConstant(p.Number("init_value"), p.Number("peak_value"), p.Int("warmup_steps"));
            case "optax.warmup_cosine_decay":
                return WarmupCosine(p);
            case "optax.warmup_exponential_decay":
                return Optax.WarmupExponentialDecay(p.Number("init_value"), p.Number("peak_value"), p.Int("warmup_steps"), p.Int("transition_steps"), p.Number("decay_rate"), p.Int("transition_begin", 0), p.Flag("staircase", false), p.Optional("end_value"));
            case "optax.cosine_onecycle":
                return Optax.CosineOneCycle(p.Int("transition_steps"), p.Number("peak_value"), p.Number("pct_start", 0.3), p.Number("div_factor", 25), p.Number("final_div_factor", 1e4));
            case "optax.linear_onecycle":
                return Optax.LinearOneCycle(p.Int("transition_steps"), p.Number("peak_value"), p.Number("pct_start", 0.3), p.Number("pct_final", 0.85), p.Number("div_factor", 25), p.Number("final_div_factor", 1e4));
            case "optax.sgdr":
                return p.Raw("cosine_kwargs").EnumerateArray().Select(cycle => WarmupCosine(new Parameters(cycle))).Aggregate((all, next) => all.Then(next));
            case "optax.join_schedules":
                return Join(p);
            default:
                return null;
        }
    }

    private static LrSchedule WarmupCosine(Parameters p) =>
        Optax.WarmupCosineDecay(p.Number("init_value"), p.Number("peak_value"), p.Int("warmup_steps"), p.Int("decay_steps"), p.Number("end_value", 0), p.Number("exponent", 1));

    private static (int[] At, double[] Scales) Pieces(string text)
    {
        Match[] pairs = [.. Pair().Matches(text).Cast<Match>()];
        return ([.. pairs.Select(pair => (int)Number(pair.Groups[1].Value))], [.. pairs.Select(pair => Number(pair.Groups[2].Value))]);
    }

    // "exponential(1.0,5,0.5) then polynomial(0.3->0,power 2,10) at 8"
    private static LrSchedule Join(Parameters p)
    {
        string text = p.Text("schedules");
        LrSchedule[] parts = [.. Call().Matches(text).Cast<Match>().Select(match => One(match.Groups[1].Value, match.Groups[2].Value.Split(',', StringSplitOptions.TrimEntries)))];
        double[] boundaries = p.Has("boundaries") ? p.Numbers("boundaries") : [.. Boundary().Matches(text).Select(match => Number(match.Groups[1].Value))];
        if (parts.Length < 2 || boundaries.Length != parts.Length - 1)
            throw new FormatException($"cannot read the schedules {text}");
        LrSchedule all = parts[^1];
        for (int i = parts.Length - 2; i >= 0; i--)
            all = TorchText.Cut(parts[i], (long)(boundaries[i] - (i == 0 ? 0 : boundaries[i - 1]))).Then(all);
        return all;
    }

    private static LrSchedule One(string name, string[] a)
    {
        double[] ends = [.. a[0].Split("->").Select(Number)];
        double Value(int i) => Number(a[i].Split(' ')[^1]);
        return name switch
        {
            "constant" => Optax.ConstantSchedule(ends[0]),
            "exponential" => Optax.ExponentialDecay(ends[0], (int)Value(1), Value(2)),
            "polynomial" => Optax.PolynomialSchedule(ends[0], ends[1], Value(1), (int)Value(2)),
            "linear" => Optax.PolynomialSchedule(ends[0], ends[1], 1, (int)Value(1)),
            "cosine" or "cosine_decay" => Optax.CosineDecay(ends[0], (int)Value(1), a.Length > 2 ? Value(2) : 0),
            _ => throw new FormatException($"cannot read the schedule {name}"),
        };
    }

    private static double Number(string text) => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
}
