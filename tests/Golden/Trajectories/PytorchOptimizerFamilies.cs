using Golden.Curves;
using Microsoft.ML.Trainers.Torch;

namespace Golden.Trajectories;

/// <summary>kozistr's pytorch_optimizer.</summary>
internal static class PytorchOptimizerFamilies
{
    internal static Optimizer? Of(string name, Parameters p)
    {
        p.Flag("foreach", false);
        // Its constructors take any option; these are read by the optimizers below that ask for them, and have no effect on the others.
        // adanorm has none on any: the mean norm is computed and thrown away.
        foreach (string flag in (string[])["cautious", "stable_adamw", "adam_debias", "adanorm", "weight_decouple", "fixed_decay"]) p.Flag(flag, false);
        p.Optional("adanorm_r");
        bool maximize = p.Flag("maximize", false);
        return Plain(name, p) is { } optimizer ? optimizer with { Maximize = maximize } : null;
    }

    private static Optimizer? Plain(string name, Parameters p) => name switch
    {
        "AccSGD" => new AccSgd
        {
            Kappa = p.Number("kappa", 1000), Xi = p.Number("xi", 10), Constant = p.Number("constant", 0.7), WeightDecay = Decay(p),
        },
        "AggMo" => AggMo(p, p.Has("betas") ? p.Numbers("betas") : [0, 0.9, 0.99]),
        "SignSGD" => SignSgd(p),
        "ADOPT" when p.Has("clip_lambda") => throw new NotSupportedException("clip_lambda: a function of the step is no value; without one, or none, it is mapped"),
        "ADOPT" => new Adopt
        {
            Beta1 = p.Beta(0, 0.9), Beta2 = p.Beta(1, 0.9999), Epsilon = p.Number("eps", 1e-6), Clip = !p.IsNull("clip_lambda"), ClipExponent = 0.25, ClipFrom = 0,
            WeightDecay = Decay(p), DecayKind = Kind(p, false), Cautious = p.Flag("cautious", false), UpdateClipping = p.Flag("stable_adamw", false),
            AsPytorchOptimizer = true,
        },
        "AdaBound" => new AdaBound
        {
            Beta1 = p.Beta(0, 0.9), Beta2 = p.Beta(1, 0.999), Epsilon = p.Number("eps", 1e-8), FinalRate = p.Number("final_lr", 0.1),
            Gamma = p.Number("gamma", 1e-3), AmsBound = p.Flag("ams_bound", false), WeightDecay = Decay(p), DecayKind = Kind(p, true),
            CorrectFirstMoment = !p.Flag("adam_debias", false),
        },
        "AdEMAMix" => new AdEmaMix
        {
            Beta1 = p.Beta(0, 0.9), Beta2 = p.Beta(1, 0.999), Beta3 = p.Beta(2, 0.9999), Alpha = p.Number("alpha", 5), Epsilon = p.Number("eps", 1e-8),
            WarmupSteps = p.Number("t_alpha_beta3", 0), WeightDecay = Decay(p), DecayKind = Kind(p, false), Cautious = p.Flag("cautious", false),
            UpdateClipping = p.Flag("stable_adamw", false),
        },
        "SimplifiedAdEMAMix" => new SimplifiedAdEmaMix
        {
            Beta1 = p.Beta(0, 0.99), Beta2 = p.Beta(1, 0.95), Alpha = p.Number("alpha", 0), Epsilon = p.Number("eps", 1e-8),
            WarmupSteps = p.Number("beta1_warmup", 0), MinimumBeta1 = p.Number("min_beta1", 0.9), WeightDecay = Decay(p), DecayKind = Kind(p, true),
        },
        "DiffGrad" => DiffGrad(p),
        "Grams" => Grams(p),
        "Tiger" => new Tiger { Beta = p.Number("beta", 0.965), WeightDecay = Decay(p, 0.01), DecayKind = Kind(p, true) },
        "Yogi" => new Yogi
        {
            Beta1 = p.Beta(0, 0.9), Beta2 = p.Beta(1, 0.999), Epsilon = p.Number("eps", 1e-3), InitialAccumulator = p.Number("initial_accumulator", 1e-6),
            WeightDecay = Decay(p), DecayKind = Kind(p, true), CorrectFirstMoment = !p.Flag("adam_debias", false),
        },
        "CAME" => new Came
        {
            Beta1 = p.Beta(0, 0.9), Beta2 = p.Beta(1, 0.999), Beta3 = p.Beta(2, 0.9999), ClipThreshold = p.Number("clip_threshold", 1),
            AmsBound = p.Flag("ams_bound", false), Epsilon = p.Number("eps1", 1e-30), ConfidenceEpsilon = p.Number("eps2", 1e-16),
            // Coupled decay comes too late to have an effect.
            WeightDecay = p.Flag("weight_decouple", true) ? Decay(p) : 0 * Decay(p),
            DecayKind = p.Flag("fixed_decay", false) ? WeightDecayKind.Fixed : WeightDecayKind.Decoupled, AsPytorchOptimizer = true,
        },
        "SOAP" when p.Flag("merge_dims", false) => throw new NotSupportedException("merge_dims: a basis over the whole of a matrix is not offered"),
        "SOAP" when p.Text("data_format", "channels_first") is not null => new Soap
        {
            Beta1 = p.Beta(0, 0.95), Beta2 = p.Beta(1, 0.95), PreconditionerBeta = p.Optional("shampoo_beta"), WeightDecay = Decay(p, 0.01),
            Frequency = p.Int("precondition_frequency", 10), LargestDimension = p.Int("max_precondition_dim", 10000),
            PreconditionVectors = p.Flag("precondition_1d", false), BiasCorrection = p.Flag("correct_bias", true),
            NormalizeGradient = p.Flag("normalize_gradient", false), Epsilon = p.Number("eps", 1e-8),
        },
        "StableAdamW" => StableAdamW(p),
        _ => null,
    };

    /// <summary>Without rectification it reads no weight decay and computes its friction for nothing; with, decay is always decoupled or absent.</summary>
    private static Optimizer DiffGrad(Parameters p)
    {
        bool rectify = p.Flag("rectify", false), decoupled = p.Flag("weight_decouple", true);
        double decay = Decay(p);
        return new DiffGrad
        {
            Beta1 = p.Beta(0, 0.9), Beta2 = p.Beta(1, 0.999), Epsilon = p.Number("eps", 1e-8), AmsGrad = p.Flag("ams_bound", false), Rectify = rectify,
            Friction = rectify, DegenerateToSgd = p.Flag("degenerated_to_sgd", true), WeightDecay = rectify && decoupled ? decay : 0,
            DecayKind = p.Flag("fixed_decay", false) ? WeightDecayKind.Fixed : WeightDecayKind.Decoupled,
            RectifyThreshold = p.Int("n_sma_threshold", 5), CorrectFirstMoment = !p.Flag("adam_debias", false),
        };
    }

    private static Optimizer AggMo(Parameters p, double[] betas)
    {
        if (betas.Length is 0 or > 5) throw new NotSupportedException($"betas: one to five velocities are offered, not {betas.Length}");
        double? Beta(int k) => k < betas.Length ? betas[k] : null;
        return new AggMo { Beta1 = betas[0], Beta2 = Beta(1), Beta3 = Beta(2), Beta4 = Beta(3), Beta5 = Beta(4), WeightDecay = Decay(p), DecayKind = Kind(p, false) };
    }

    /// <summary>Its momentum is made anew at every step, and it reads no weight decay.</summary>
    private static Optimizer SignSgd(Parameters p)
    {
        p.Number("momentum", 0.9);
        Decay(p);
        Kind(p, true);
        return new SignSgd { Momentum = 0 };
    }

    /// <summary>Coupled decay comes too late to have an effect, and no decay is fixed.</summary>
    private static Optimizer Grams(Parameters p)
    {
        bool decoupled = Kind(p, true) != WeightDecayKind.Coupled;
        double decay = Decay(p);
        return new Grams
        {
            Beta1 = p.Beta(0, 0.9), Beta2 = p.Beta(1, 0.999), Epsilon = p.Number("eps", 1e-6), WeightDecay = decoupled ? decay : 0, AsPytorchOptimizer = true,
        };
    }

    /// <summary>Coupled decay comes too late to have an effect.</summary>
    private static Optimizer StableAdamW(Parameters p)
    {
        bool decoupled = p.Flag("weight_decouple", true);
        p.Flag("kahan_sum", true);
        double decay = Decay(p, 0.01);
        return new StableAdamW
        {
            Beta1 = p.Beta(0, 0.9), Beta2 = p.Beta(1, 0.99), Epsilon = p.Number("eps", 1e-8), WeightDecay = decoupled ? decay : 0,
        };
    }

    private static double Decay(Parameters p, double fallback = 0) => p.Number("weight_decay", fallback);

    private static WeightDecayKind Kind(Parameters p, bool decoupledByDefault)
    {
        bool decoupled = p.Flag("weight_decouple", decoupledByDefault), isFixed = p.Flag("fixed_decay", false);
        return !decoupled ? WeightDecayKind.Coupled : isFixed ? WeightDecayKind.Fixed : WeightDecayKind.Decoupled;
    }
}
