using Golden.Curves;
using Microsoft.ML.Trainers.Torch;

namespace Golden.Trajectories;

/// <summary>PyTorch's own optimizers.</summary>
internal static class TorchFamilies
{
    internal static Optimizer? Of(string name, Parameters p)
    {
        // Ways to compute the same numbers.
        foreach (string flag in (string[])["foreach", "fused", "capturable", "differentiable"]) p.Flag(flag, false);
        bool maximize = p.Flag("maximize", false), decoupled = p.Flag("decoupled_weight_decay", false);
        if (Plain(name, p) is not { } optimizer) return null;
        optimizer = optimizer with { Maximize = maximize };
        return decoupled ? optimizer with { DecayKind = WeightDecayKind.Decoupled } : optimizer;
    }

    private static Optimizer? Plain(string name, Parameters p) => name switch
    {
        "SGD" => new Sgd
        {
            Momentum = p.Number("momentum", 0), Dampening = p.Number("dampening", 0), Nesterov = p.Flag("nesterov", false), WeightDecay = Decay(p),
        },
        "Adagrad" => new Adagrad
        {
            Epsilon = p.Number("eps", 1e-10), WeightDecay = Decay(p), LearningRateDecay = p.Number("lr_decay", 0),
            InitialAccumulator = p.Number("initial_accumulator_value", 0),
        },
        "Adadelta" => new Adadelta { Rho = p.Number("rho", 0.9), Epsilon = p.Number("eps", 1e-6), WeightDecay = Decay(p) },
        "RMSprop" => new RmsProp
        {
            Alpha = p.Number("alpha", 0.99), Momentum = p.Number("momentum", 0), Centered = p.Flag("centered", false), Epsilon = p.Number("eps", 1e-8),
            WeightDecay = Decay(p),
        },
        "Adam" => new Adam
        {
            Beta1 = p.Beta(0, 0.9), Beta2 = p.Beta(1, 0.999), Epsilon = p.Number("eps", 1e-8), WeightDecay = Decay(p), AmsGrad = p.Flag("amsgrad", false),
        },
        "AdamW" => new AdamW
        {
            Beta1 = p.Beta(0, 0.9), Beta2 = p.Beta(1, 0.999), Epsilon = p.Number("eps", 1e-8), WeightDecay = Decay(p, 0.01), AmsGrad = p.Flag("amsgrad", false),
        },
        "Adamax" => new Adamax { Beta1 = p.Beta(0, 0.9), Beta2 = p.Beta(1, 0.999), Epsilon = p.Number("eps", 1e-8), WeightDecay = Decay(p) },
        "NAdam" => new NAdam
        {
            Beta1 = p.Beta(0, 0.9), Beta2 = p.Beta(1, 0.999), Epsilon = p.Number("eps", 1e-8), WeightDecay = Decay(p),
            MomentumDecay = p.Number("momentum_decay", 4e-3),
        },
        "RAdam" => new RAdam { Beta1 = p.Beta(0, 0.9), Beta2 = p.Beta(1, 0.999), Epsilon = p.Number("eps", 1e-8), WeightDecay = Decay(p) },
        "ASGD" => new Asgd { Lambda = p.Number("lambd", 1e-4), Alpha = p.Number("alpha", 0.75), AverageFrom = p.Number("t0", 1e6), WeightDecay = Decay(p) },
        "Rprop" => new Rprop
        {
            ShrinkFactor = p.Pair("etas", 0, 0.5), GrowFactor = p.Pair("etas", 1, 1.2),
            SmallestStep = p.Pair("step_sizes", 0, 1e-6), LargestStep = p.Pair("step_sizes", 1, 50),
        },
        "Adafactor" => new Adafactor
        {
            Form = AdafactorForm.PyTorch, DecayRate = -p.Number("beta2_decay", -0.8), ClipThreshold = p.Number("d", 1), WeightDecay = Decay(p),
            Epsilon = p.Has("eps") && p.Raw("eps")[0].ValueKind == System.Text.Json.JsonValueKind.Number ? p.Raw("eps")[0].GetDouble() : null,
            ScaleEpsilon = p.Has("eps") ? p.Raw("eps")[1].GetDouble() : 1e-3,
        },
        "LBFGS" => new LBfgs
        {
            Iterations = p.Int("max_iter", 20), Evaluations = p.Has("max_eval") ? p.Int("max_eval") : null, HistorySize = p.Int("history_size", 100),
            GradientTolerance = p.Number("tolerance_grad", 1e-7), ChangeTolerance = p.Number("tolerance_change", 1e-9),
            LineSearch = p.Has("line_search_fn") && (p.Text("line_search_fn") is "strong_wolfe" ? true
                : throw new NotSupportedException($"line_search_fn {p.Text("line_search_fn")}: PyTorch has strong_wolfe only")),
        },
        _ => null,
    };

    private static double Decay(Parameters p, double fallback = 0) => p.Number("weight_decay", fallback);
}
