using Golden.Curves;
using Microsoft.ML.Trainers.Torch;

namespace Golden.Trajectories;

/// <summary>This library's equivalent of each optimizer of other systems, with every parameter of the original.</summary>
internal static class OptimizerFamilies
{
    /// <summary>The equivalent, or null for an unknown one.</summary>
    internal static Optimizer? Of(string name, Parameters p) => name.Split('.') switch
    {
        ["seed", var own] => Seed(own, p),
        ["torch", var own] => TorchFamilies.Of(own, p),
        _ => null,
    };

    /// <summary>The first and second of a pair such as betas.</summary>
    internal static double Beta(this Parameters p, int index, params double[] defaults) => p.Has("betas") ? p.Numbers("betas")[index] : defaults[index];

    private static Optimizer? Seed(string name, Parameters p) => name switch
    {
        "AdaGrad" => Optimizers.Adagrad(epsilon: p.Number("eps", 1e-8), epsilonPlacement: EpsilonPlacement.InsideRoot),
        "RMSprop" => Optimizers.RmsProp(alpha: p.Number("rho", 0.9), epsilon: p.Number("eps", 1e-8), epsilonPlacement: EpsilonPlacement.InsideRoot),
        "Adam" => Optimizers.Adam(
            beta1: p.Number("beta1", 0.9), beta2: p.Number("beta2", 0.999), epsilon: p.Number("eps", 1e-8), epsilonPlacement: EpsilonPlacement.InsideRoot),
        _ => null,
    };
}
