using Golden.Curves;
using Microsoft.ML.Trainers.Torch;

namespace Golden.Trajectories;

/// <summary>This library's equivalent of each optimizer of other systems, with every parameter of the original.</summary>
internal static class OptimizerFamilies
{
    /// <summary>The equivalent, or null for an unknown one.</summary>
    internal static Optimizer? Of(string name, Parameters p, double baseRate) => name.Split('.') switch
    {
        ["seed", var own] => Seed(own, p),
        ["torch", var own] => TorchFamilies.Of(own, p),
        ["timm", var own] => TimmFamilies.Of(own, p, baseRate),
        ["pytorch_optimizer", var own] => PytorchOptimizerFamilies.Of(own, p),
        ["schedulefree" or "prodigy" or "dadaptation", var own] => ParameterFreeFamilies.Of(own, p),
        _ => null,
    };

    /// <summary>One of the numbers of a pair or triple.</summary>
    internal static double Pair(this Parameters p, string name, int index, double fallback) => p.Has(name) ? p.Numbers(name)[index] : fallback;

    /// <summary>One of the betas.</summary>
    internal static double Beta(this Parameters p, int index, double fallback) => p.Pair("betas", index, fallback);

    /// <summary>Whether it is there and null, which is not the same as absent. To be asked before it is read.</summary>
    internal static bool IsNull(this Parameters p, string name) => p.Unread.Contains(name) && !p.Has(name);

    private static Optimizer? Seed(string name, Parameters p) => name switch
    {
        "AdaGrad" => new Adagrad { Epsilon = p.Number("eps", 1e-8), EpsilonPlacement = EpsilonPlacement.InsideRoot },
        "RMSprop" => new RmsProp { Alpha = p.Number("rho", 0.9), Epsilon = p.Number("eps", 1e-8), EpsilonPlacement = EpsilonPlacement.InsideRoot },
        "Adam" => new Adam
        {
            Beta1 = p.Number("beta1", 0.9), Beta2 = p.Number("beta2", 0.999), Epsilon = p.Number("eps", 1e-8),
            EpsilonPlacement = EpsilonPlacement.InsideRoot,
        },
        _ => null,
    };
}
