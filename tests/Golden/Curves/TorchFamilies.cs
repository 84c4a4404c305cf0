using System.Text.Json;
using Microsoft.ML.LrSchedules;
using PyTorch = Microsoft.ML.LrSchedules.LrSchedule.Like.PyTorch;

namespace Golden.Curves;

/// <summary>torch.optim.lr_scheduler. Its unit is the call of step(), which is a step here.</summary>
internal static class TorchFamilies
{
    internal static IReadOnlyList<GoldenSeries>? Of(GoldenCurve curve)
    {
        Parameters p = curve.Parameters;
        return curve.Family switch
        {
            "torch.StepLR" => Families.Rates(curve, PyTorch.StepLR(p.Number("step_size").Steps(), p.Number("gamma", 0.1))),
            "torch.MultiStepLR" => Families.Rates(curve, MultiStep(p)),
            "torch.ConstantLR" => Families.Rates(curve, Constant(p)),
            "torch.LinearLR" => Families.Rates(curve, PyTorch.LinearLR(p.Number("start_factor", 1 / 3d), p.Number("end_factor", 1), p.Number("total_iters", 5).Steps())),
            "torch.ExponentialLR" => Families.Rates(curve, PyTorch.ExponentialLR(p.Number("gamma"), 1.Steps())),
            "torch.PolynomialLR" => Families.Rates(curve, PyTorch.PolynomialLR(p.Number("total_iters", 5).Steps(), p.Number("power", 1))),
            "torch.CosineAnnealingLR" => Families.Rates(curve, PyTorch.CosineAnnealingLR(p.Number("T_max").Steps(), p.Number("eta_min", 0))),
            "torch.CosineAnnealingWarmRestarts" => Families.Rates(curve, PyTorch.CosineAnnealingWarmRestarts(p.Number("T_0").Steps(), p.Number("T_mult", 1), p.Number("eta_min", 0))),
            "torch.CyclicLR" => Cyclic(curve),
            "torch.OneCycleLR" => OneCycle(curve),
            "torch.SWALR" => Swa(curve),
            "torch.LambdaLR" => Lambda(curve),
            "torch.MultiplicativeLR" => Families.Rates(curve, Multiplicative(p.Text("lambda"), curve.Values.Length)),
            "torch.SequentialLR" => Families.Rates(curve, Sequential(curve)),
            "torch.ChainedScheduler" => Families.Rates(curve, TorchText.Read(p.Text("schedulers"), curve.BaseRate!.Value).Aggregate((a, b) => a * b)),
            "torch.ReduceLROnPlateau" => Plateau(curve),
            _ => null,
        };
    }

    // Milestones at 0 have counted before the first step.
    private static LrSchedule MultiStep(Parameters p)
    {
        double[] milestones = p.Numbers("milestones");
        double gamma = p.Number("gamma", 0.1);
        double[] later = [.. milestones.Where(t => t > 0)];
        return LrSchedule.MultiStep([.. later.Select(t => t.Steps())], gamma, from: Math.Pow(gamma, milestones.Length - later.Length));
    }

    private static LrSchedule Constant(Parameters p) =>
        p.Number("total_iters", 5) is var over && over > 0 ? PyTorch.ConstantLR(p.Number("factor", 1 / 3d), over.Steps()) : LrSchedule.Hold(at: p.Number("factor", 1 / 3d));

    private static IReadOnlyList<GoldenSeries> Cyclic(GoldenCurve curve)
    {
        Parameters p = curve.Parameters;
        double foot = p.Number("base_lr");
        double peak = p.Number("max_lr");
        TrainingSpan up = p.Number("step_size_up", 2000).Steps();
        TrainingSpan down = p.Optional("step_size_down")?.Steps() ?? TrainingSpan.Rest;
        string mode = p.Text("mode", "triangular");
        double cycleFactor = mode == "triangular2" ? 0.5 : 1;
        double gamma = p.Number("gamma", 1);
        if (mode != "exp_range")
            gamma = 1;
        double low = p.Number("base_momentum", 0.8);
        double high = p.Number("max_momentum", 0.9);
        LrSchedule momentum = p.Flag("cycle_momentum", true) ? PyTorch.CyclicLRMomentum(low / high, up, down, cycleFactor, gamma) : LrSchedule.Constant;
        return [.. Families.Rates(curve, PyTorch.CyclicLR(foot / peak, up, down, cycleFactor, gamma), peak), .. Momentum(curve, momentum, high)];
    }

    private static IReadOnlyList<GoldenSeries> OneCycle(GoldenCurve curve)
    {
        Parameters p = curve.Parameters;
        int total = p.Has("total_steps") ? p.Int("total_steps") : p.Int("epochs") * p.Int("steps_per_epoch");
        TrainingPlan plan = TrainingPlan.OfSteps(total);
        double up = p.Number("pct_start", 0.3);
        bool linear = p.Text("anneal_strategy", "cos") == "linear";
        bool three = p.Flag("three_phase", false);
        double high = p.Number("max_momentum", 0.95);
        double peak = p.Number("max_lr");
        LrSchedule rate = PyTorch.OneCycleLR(default, up, linear, p.Number("div_factor", 25), p.Number("final_div_factor", 1e4), three);
        LrSchedule momentum = p.Flag("cycle_momentum", true) ? PyTorch.OneCycleLRMomentum(default, up, linear, p.Number("base_momentum", 0.85), high, three) : LrSchedule.Constant;
        const string beyond = "past the last step the peer extrapolates (below zero, if linear); the last value holds here";
        return [.. Families.Rates(curve, rate, peak, plan).Concat(Momentum(curve, momentum, high, plan)).Select(series => series.Upto(total, beyond))];
    }

    private static IEnumerable<GoldenSeries> Momentum(GoldenCurve curve, LrSchedule schedule, double high, TrainingPlan? plan = null) =>
        new[] { "momentum", "beta1" }.Where(name => curve.Series(name) is not null).Select(name => Families.Series(curve, name, schedule, high, plan));

    private static IReadOnlyList<GoldenSeries> Swa(GoldenCurve curve)
    {
        Parameters p = curve.Parameters;
        double over = p.Number("anneal_epochs", 10);
        return Families.Rates(curve, PyTorch.SWALR(p.Number("swa_lr"), over > 0 ? over.Steps() : null, p.Text("anneal_strategy", "cos") == "linear"));
    }

    private static IReadOnlyList<GoldenSeries> Lambda(GoldenCurve curve)
    {
        JsonElement lambda = curve.Parameters.Raw("lambda");
        double[][]? groups = curve.ValuesPerGroup;
        int steps = curve.Values.Length;
        if (groups is null)
            return Families.Rates(curve, Of(lambda.GetString()!, steps));
        double[] rates = curve.Series("base_lr_per_group")!;
        string[] lambdas = lambda.ValueKind == JsonValueKind.Array ? [.. lambda.EnumerateArray().Select(item => item.GetString()!)] : [.. rates.Select(_ => lambda.GetString()!)];
        return [.. groups.Select((want, i) =>
        {
            BoundSchedule bound = Of(lambdas[i], steps).Bind(TrainingPlan.OfSteps(steps));
            return new GoldenSeries($"values_per_group[{i}]", want, k => rates[i] * bound.FactorAt(k));
        })];
    }

    private static LrSchedule Of(string lambda, int steps) => PyTorch.LambdaLR(t => Expression.Evaluate(lambda, t), steps.Steps());

    // MultiplicativeLR is a running product from step 1 on; as a table it is a schedule that can be saved.
    private static LrSchedule Multiplicative(string lambda, int steps)
    {
        var factors = new double[steps];
        factors[0] = 1;
        for (int t = 1; t < steps; t++)
            factors[t] = factors[t - 1] * Expression.Evaluate(lambda, t);
        return LrSchedule.Table(factors, 1.Steps());
    }

    private static LrSchedule Sequential(GoldenCurve curve)
    {
        IReadOnlyList<LrSchedule> parts = TorchText.Read(curve.Parameters.Text("schedulers"), curve.BaseRate!.Value);
        double[] milestones = curve.Parameters.Numbers("milestones");
        LrSchedule all = parts[^1];
        for (int i = parts.Count - 2; i >= 0; i--)
        {
            double start = i == 0 ? 0 : milestones[i - 1];
            all = TorchText.Cut(parts[i], (long)(milestones[i] - start)).Then(all);
        }
        return all;
    }

    private static IReadOnlyList<GoldenSeries> Plateau(GoldenCurve curve)
    {
        Parameters p = curve.Parameters;
        double rate = curve.BaseRate!.Value;
        ReduceOnPlateau plateau = PyTorch.ReduceLROnPlateau(rate, p.Text("mode", "min") == "max", p.Number("factor", 0.1), p.Int("patience", 10), p.Number("threshold", 1e-4),
            p.Text("threshold_mode", "rel") == "abs", p.Int("cooldown", 0), p.Number("min_lr", 0), p.Number("eps", 1e-8));
        return [PlateauSeries.Of(curve, plateau, k => rate)];
    }
}
