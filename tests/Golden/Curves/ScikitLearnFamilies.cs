using Microsoft.ML.LrSchedules;
using ScikitLearn = Microsoft.ML.LrSchedules.LrSchedule.Like.ScikitLearn;

namespace Golden.Curves;

/// <summary>scikit-learn.</summary>
internal static class ScikitLearnFamilies
{
    internal static IReadOnlyList<GoldenSeries>? Of(GoldenCurve curve)
    {
        Parameters p = curve.Parameters;
        switch (curve.Family)
        {
            case "sklearn.sgd_invscaling":
                return Families.Rates(curve, ScikitLearn.SgdInvscaling(p.Number("power_t")), p.Number("eta0"));
            case "sklearn.sgd_optimal":
                p.Text("loss", "hinge");
                double t0 = p.Number("t0");
                return Families.Rates(curve, ScikitLearn.SgdOptimal(t0), 1 / (p.Number("alpha") * t0));
            case "sklearn.mlp_invscaling":
                var plan = new TrainingPlan(p.Int("samples_seen_per_iteration"), p.Int("samples_seen_per_iteration"), curve.Values.Length);
                return Families.Rates(curve, ScikitLearn.MlpInvscaling(p.Number("power_t", 0.5)), plan: plan);
            case "sklearn.mlp_adaptive":
                return Adaptive(curve);
            default:
                return null;
        }
    }

    // The file names the epochs after which the peer's patience ran out: a metric that stands still there and improves elsewhere.
    private static IReadOnlyList<GoldenSeries> Adaptive(GoldenCurve curve)
    {
        Parameters p = curve.Parameters;
        double[] triggers = p.Numbers("trigger_after_epochs");
        p.Number("stop_when_lr_at_most", 0);
        double rate = curve.BaseRate!.Value;
        ReduceOnPlateau plateau = ScikitLearn.MlpAdaptive(nIterNoChange: 0) with { Factor = 1 / p.Number("divide_by", 5), SmallestChange = 0 };
        PlateauState state = plateau.Observe(plateau.Start, 0);
        var factors = new double[curve.Values.Length];
        for (int epoch = 0; epoch < factors.Length; epoch++)
        {
            factors[epoch] = state.Factor;
            state = plateau.Observe(state, triggers.Contains(epoch) ? state.Best!.Value : state.Best!.Value - 1);
        }
        return [new GoldenSeries("values", curve.Values, k => rate * factors[k])];
    }
}
