using System.Globalization;
using Microsoft.ML.LrSchedules;
using Composer = Microsoft.ML.LrSchedules.LrSchedule.Like.Composer;

namespace Golden.Curves;

/// <summary>composer.optim: times such as 10ep become whole batches first, as Composer does it.</summary>
internal static class ComposerFamilies
{
    internal static IReadOnlyList<GoldenSeries>? Of(GoldenCurve curve) => Schedule(curve) is { } schedule ? Families.Rates(curve, schedule) : null;

    private static LrSchedule? Schedule(GoldenCurve curve)
    {
        Parameters p = curve.Parameters;
        double ratio = p.Number("scale_schedule_ratio", 1);
        int perEpoch = p.Int("batches_per_epoch");
        int run = Batches(p.Text("max_duration"), perEpoch, run: 0, ratio);
        double warmupRatio = p.Flag("scale_warmup", false) ? ratio : 1;
        int Time(string name, string fallback) => Batches(p.Text(name, fallback), perEpoch, run, ratio);
        int Warmup() => Batches(p.Text("t_warmup"), perEpoch, run, 1);
        int Rise() => Batches(p.Text("t_warmup"), perEpoch, run, warmupRatio);
        int[] Milestones() => [.. p.Texts("milestones").Select(time => Batches(time, perEpoch, run, ratio))];
        return curve.Family switch
        {
            "composer.Step" => Composer.Step(Time("step_size", ""), p.Number("gamma", 0.1)),
            "composer.MultiStep" => Composer.MultiStep(Milestones(), p.Number("gamma", 0.1)),
            "composer.Constant" => Composer.ConstantFor(Time("t_max", "1dur"), p.Number("alpha", 1)),
            "composer.Linear" => Composer.Linear(Time("t_max", "1dur"), p.Number("alpha_i", 1), p.Number("alpha_f", 0)),
            "composer.Exponential" => Composer.Exponential(p.Number("gamma"), Time("decay_period", "1ep")),
            "composer.CosineAnnealing" => Composer.CosineAnnealing(Time("t_max", "1dur"), p.Number("alpha_f", 0)),
            "composer.CosineAnnealingWarmRestarts" => Composer.CosineAnnealingWarmRestarts(Time("t_0", ""), curve.Values.Length, p.Number("t_mult", 1), p.Number("alpha_f", 0)),
            "composer.Polynomial" => Composer.Polynomial(Time("t_max", "1dur"), p.Number("power"), p.Number("alpha_f", 0)),
            "composer.MultiStepWithWarmup" => Composer.MultiStepWithWarmup(Warmup(), Milestones(), p.Number("gamma", 0.1), Rise()),
            "composer.ConstantWithWarmup" => Composer.ConstantWithWarmup(Warmup(), Time("t_max", "1dur"), p.Number("alpha", 1), Rise()),
            "composer.LinearWithWarmup" => Composer.LinearWithWarmup(Warmup(), Time("t_max", "1dur"), p.Number("alpha_i", 1), p.Number("alpha_f", 0), Rise()),
            "composer.CosineAnnealingWithWarmup" => Composer.CosineAnnealingWithWarmup(Warmup(), Time("t_max", "1dur"), p.Number("alpha_f", 0), Rise()),
            "composer.PolynomialWithWarmup" => Composer.PolynomialWithWarmup(Warmup(), Time("t_max", "1dur"), p.Number("power", 2), p.Number("alpha_f", 0), Rise()),
            _ => null,
        };
    }

    private static int Batches(string time, int perEpoch, int run, double ratio)
    {
        int unitAt = time.IndexOfAny([.. "abcdefghijklmnopqrstuvwxyz"]);
        double value = double.Parse(time[..unitAt], CultureInfo.InvariantCulture);
        return time[unitAt..] switch
        {
            "ep" => (int)(value * perEpoch * ratio),
            "ba" => (int)(value * ratio),
            "dur" => (int)(value * run),
            string unit => throw new FormatException($"the unit {unit} is unknown"),
        };
    }
}
