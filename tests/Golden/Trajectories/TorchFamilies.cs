using Golden.Curves;
using Microsoft.ML.Trainers.Torch;

namespace Golden.Trajectories;

/// <summary>PyTorch's own optimizers.</summary>
internal static class TorchFamilies
{
    internal static Optimizer? Of(string name, Parameters p)
    {
        // Ways to compute the same numbers.
        p.Flag("foreach", false);
        p.Flag("fused", false);
        p.Flag("capturable", false);
        p.Flag("differentiable", false);
        bool maximize = p.Flag("maximize", false);
        return Plain(name, p) is { } optimizer ? optimizer with { Maximize = maximize } : null;
    }

    private static Optimizer? Plain(string name, Parameters p) => name switch
    {
        "SGD" => Optimizers.Sgd(momentum: p.Number("momentum", 0), nesterov: p.Flag("nesterov", false), weightDecay: p.Number("weight_decay", 0))
            with { Dampening = p.Number("dampening", 0) },
        "Adagrad" => Optimizers.Adagrad(epsilon: p.Number("eps", 1e-10), weightDecay: p.Number("weight_decay", 0))
            with { LearningRateDecay = p.Number("lr_decay", 0), InitialAccumulator = p.Number("initial_accumulator_value", 0) },
        "RMSprop" => Optimizers.RmsProp(
            alpha: p.Number("alpha", 0.99), momentum: p.Number("momentum", 0), centered: p.Flag("centered", false), epsilon: p.Number("eps", 1e-8),
            weightDecay: p.Number("weight_decay", 0)),
        "Adam" when p.Flag("decoupled_weight_decay", false) => AdamW(p, 0),
        "Adam" => Optimizers.Adam(
            beta1: p.Beta(0, 0.9, 0.999), beta2: p.Beta(1, 0.9, 0.999), epsilon: p.Number("eps", 1e-8), weightDecay: p.Number("weight_decay", 0))
            with { AmsGrad = p.Flag("amsgrad", false) },
        "AdamW" => AdamW(p, 0.01),
        _ => null,
    };

    private static Optimizer AdamW(Parameters p, double weightDecay) => Optimizers.AdamW(
        weightDecay: p.Number("weight_decay", weightDecay), beta1: p.Beta(0, 0.9, 0.999), beta2: p.Beta(1, 0.9, 0.999), epsilon: p.Number("eps", 1e-8))
        with { AmsGrad = p.Flag("amsgrad", false) };
}
