using Microsoft.ML.LrSchedules;
using Fastai = Microsoft.ML.LrSchedules.LrSchedule.Like.Fastai;

namespace Golden.Curves;

/// <summary>fastai.callback.schedule.</summary>
internal static class FastaiFamilies
{
    internal static IReadOnlyList<GoldenSeries>? Of(GoldenCurve curve)
    {
        Parameters p = curve.Parameters;
        switch (curve.Family)
        {
            case "fastai.fit_one_cycle":
                return OneCycle(curve);
            case "fastai.fit_flat_cos":
                return Families.Rates(curve, Fastai.FitFlatCos(p.Number("pct_start", 0.75), p.Number("div_final", 1e5)), plan: TrainingPlan.OfSteps(p.Int("steps")));
            case "fastai.fit_sgdr":
                return Sgdr(curve);
            case "fastai.discriminative":
                LayerwiseDecay decay = Fastai.Discriminative(p.Number("low"), p.Number("high"), p.Int("groups"));
                double high = p.Number("high");
                return [new GoldenSeries("values", curve.Values, k => high * decay.FactorOf(k, curve.Values.Length - 1))];
            default:
                return Between(curve);
        }
    }

    // SchedPoly3 is SchedPoly with power 3.
    private static IReadOnlyList<GoldenSeries>? Between(GoldenCurve curve)
    {
        Parameters p = curve.Parameters;
        double start = p.Number("start");
        double end = p.Number("end") / start;
        string name = curve.Family["fastai.".Length..];
        LrSchedule? schedule = name switch
        {
            "SchedLin" => Fastai.SchedLin(end),
            "SchedCos" => Fastai.SchedCos(end),
            "SchedExp" => Fastai.SchedExp(end),
            "SchedNo" => Fastai.SchedNo(),
            _ when name.StartsWith("SchedPoly", StringComparison.Ordinal) => Fastai.SchedPoly(end, p.Has("power") ? p.Number("power") : double.Parse(name["SchedPoly".Length..], System.Globalization.CultureInfo.InvariantCulture)),
            _ => null,
        };
        if (schedule is null)
            return null;
        // A plan of 2^40 steps has a step at every position to twelve digits; the ends are exact.
        const long steps = 1L << 40;
        BoundSchedule bound = schedule.Bind(TrainingPlan.OfSteps(steps));
        double[] positions = curve.Series("positions")!;
        return [new GoldenSeries("values", curve.Values, k => start * bound.FactorAt((long)Math.Round(positions[k] * steps)))];
    }

    private static IReadOnlyList<GoldenSeries> OneCycle(GoldenCurve curve)
    {
        Parameters p = curve.Parameters;
        TrainingPlan plan = TrainingPlan.OfSteps(p.Int("steps"));
        double up = p.Number("pct_start", 0.25);
        IReadOnlyList<GoldenSeries> rates = Families.Rates(curve, Fastai.FitOneCycle(up, p.Number("div", 25), p.Number("div_final", 1e5)), p.Number("lr_max", curve.BaseRate), plan);
        double[] moms = p.Has("moms") ? p.Numbers("moms") : [0.95, 0.85, 0.95];
        return curve.Series("momentum") is null ? rates
            : [.. rates, Families.Series(curve, "momentum", Fastai.FitOneCycleMomentum(moms[1] / moms[0], moms[2] / moms[0], up), moms[0], plan)];
    }

    private static IReadOnlyList<GoldenSeries> Sgdr(GoldenCurve curve)
    {
        Parameters p = curve.Parameters;
        int cycles = p.Int("n_cycles");
        double length = p.Number("cycle_len");
        double factor = p.Number("cycle_mult", 2);
        double epochs = Enumerable.Range(0, cycles).Sum(i => length * Math.Pow(factor, i));
        return Families.Rates(curve, Fastai.FitSgdr(cycles, length, factor), plan: TrainingPlan.OfSteps((long)Math.Round(p.Int("steps") / epochs), epochs));
    }
}
