using Golden.Curves;
using Microsoft.ML.Trainers.Torch;

namespace Golden.Trajectories;

/// <summary>timm's optimizers.</summary>
internal static class TimmFamilies
{
    internal static Optimizer? Of(string name, Parameters p, double baseRate)
    {
        foreach (string flag in (string[])["foreach", "fused", "capturable", "differentiable"]) p.Flag(flag, false);
        bool maximize = p.Flag("maximize", false), corrected = p.Flag("corrected_weight_decay", false);
        return Plain(name, p, baseRate) is { } optimizer ? optimizer with { Maximize = maximize, DecayFollowsRate = corrected } : null;
    }

    private static Optimizer? Plain(string name, Parameters p, double baseRate) => name switch
    {
        "SGDW" => new Sgd
        {
            Momentum = p.Number("momentum", 0), Dampening = p.Number("dampening", 0), Nesterov = p.Flag("nesterov", false), WeightDecay = Decay(p),
            DecayKind = WeightDecayKind.Decoupled, Cautious = Caution(p),
        },
        "RMSpropTF" => new RmsProp
        {
            Alpha = p.Number("alpha", 0.9), Epsilon = p.Number("eps", 1e-10), EpsilonPlacement = EpsilonPlacement.InsideRoot, InitialAccumulator = 1,
            Momentum = p.Number("momentum", 0), Centered = p.Flag("centered", false), RateInMomentum = p.Flag("lr_in_momentum", true),
            WeightDecay = Decay(p), DecayKind = Kind(p.Flag("decoupled_decay", false)), Cautious = Caution(p),
        },
        "AdamWLegacy" or "AdamWLegacyCautious" => new AdamW
        {
            Beta1 = p.Beta(0, 0.9), Beta2 = p.Beta(1, 0.999), Epsilon = p.Number("eps", 1e-8), WeightDecay = Decay(p, 0.01),
            AmsGrad = p.Flag("amsgrad", false), Cautious = Caution(p),
        },
        "NAdamW" => new NAdamW
        {
            Beta1 = p.Beta(0, 0.9), Beta2 = p.Beta(1, 0.999), Epsilon = p.Number("eps", 1e-8), WeightDecay = Decay(p, 0.01), Cautious = Caution(p),
        },
        "AdaBelief" => new AdaBelief
        {
            Beta1 = p.Beta(0, 0.9), Beta2 = p.Beta(1, 0.999), Epsilon = p.Number("eps", 1e-16), WeightDecay = Decay(p), AmsGrad = p.Flag("amsgrad", false),
            DecayKind = Kind(p.Flag("decoupled_decay", true), p.Flag("fixed_decay", false)), Rectify = p.Flag("rectify", true),
            DegenerateToSgd = p.Flag("degenerated_to_sgd", true),
        },
        "LaProp" => new LaProp
        {
            Beta1 = p.Beta(0, 0.9), Beta2 = p.Beta(1, 0.999), Epsilon = p.Number("eps", 1e-15), WeightDecay = Decay(p), Cautious = Caution(p),
        },
        "Adopt" => new Adopt
        {
            Beta1 = p.Beta(0, 0.9), Beta2 = p.Beta(1, 0.9999), Epsilon = p.Number("eps", 1e-6), WeightDecay = Decay(p),
            DecayKind = Kind(p.Flag("decoupled", false)), Clip = !p.IsNull("clip_exp"), ClipExponent = p.Number("clip_exp", 0.333),
            Cautious = Caution(p),
        },
        "Adan" => new Adan
        {
            Beta1 = p.Beta(0, 0.98), Beta2 = p.Beta(1, 0.92), Beta3 = p.Beta(2, 0.99), Epsilon = p.Number("eps", 1e-8), WeightDecay = Decay(p),
            NoProximal = p.Flag("no_prox", false), Cautious = Caution(p),
        },
        "MADGRAD" => new Madgrad
        {
            Momentum = p.Number("momentum", 0.9), Epsilon = p.Number("eps", 1e-6), WeightDecay = Decay(p), DecayKind = Kind(p.Flag("decoupled_decay", false)),
        },
        "Lion" => new Lion { Beta1 = p.Beta(0, 0.9), Beta2 = p.Beta(1, 0.99), WeightDecay = Decay(p), Cautious = Caution(p) },
        "Lars" => new Lars
        {
            Momentum = p.Number("momentum", 0), Dampening = p.Number("dampening", 0), Nesterov = p.Flag("nesterov", false), WeightDecay = Decay(p),
            TrustCoefficient = p.Number("trust_coeff", 1e-3), Epsilon = p.Number("eps", 1e-8), TrustClip = p.Flag("trust_clip", false),
            AlwaysAdapt = p.Flag("always_adapt", false),
        },
        "Lamb" => new Lamb
        {
            Beta1 = p.Beta(0, 0.9), Beta2 = p.Beta(1, 0.999), Epsilon = p.Number("eps", 1e-6), WeightDecay = Decay(p, 0.01),
            BiasCorrection = p.Flag("bias_correction", true), GradientAveraging = p.Flag("grad_averaging", true),
            MaximumGradientNorm = p.IsNull("max_grad_norm") ? null : p.Number("max_grad_norm", 1), TrustClip = p.Flag("trust_clip", false),
            AlwaysAdapt = p.Flag("always_adapt", false), DecayKind = Kind(p.Flag("decoupled_decay", false)), Cautious = Caution(p),
        },
        "NvNovoGrad" => new NovoGrad
        {
            Beta1 = p.Beta(0, 0.95), Beta2 = p.Beta(1, 0.98), Epsilon = p.Number("eps", 1e-8), WeightDecay = Decay(p),
            GradientAveraging = p.Flag("grad_averaging", false), AmsGrad = p.Flag("amsgrad", false),
        },
        "Mars" => new Mars
        {
            Beta1 = p.Beta(0, 0.9), Beta2 = p.Beta(1, 0.99), Epsilon = p.Number("eps", 1e-8), WeightDecay = Decay(p), Gamma = p.Number("gamma", 0.025),
            Sign = p.Text("mars_type", "adamw") == "lion", OptimizeVectors = p.Flag("optimize_1d", false), VectorRateFactor = p.Number("lr_1d_factor", 1),
            VectorBeta1 = p.Has("betas_1d") ? p.Numbers("betas_1d")[0] : null, VectorBeta2 = p.Has("betas_1d") ? p.Numbers("betas_1d")[1] : null,
            Cautious = Caution(p),
        },
        "AdamP" => new AdamP
        {
            Beta1 = p.Beta(0, 0.9), Beta2 = p.Beta(1, 0.999), Epsilon = p.Number("eps", 1e-8), WeightDecay = Decay(p), Delta = p.Number("delta", 0.1),
            DecayRatio = p.Number("wd_ratio", 0.1), Nesterov = p.Flag("nesterov", false), Cautious = Caution(p),
        },
        "Muon" => Muon(p, baseRate),
        "Adafactor" => Paper(p),
        "AdafactorBigVision" => BigVision(p),
        _ => null,
    };

    /// <summary>With a rate that is given, as here, steps are never relative to the weights: scale_parameter has no effect.</summary>
    private static Optimizer Paper(Parameters p)
    {
        p.Flag("scale_parameter", true);
        if (p.Flag("warmup_init", false)) throw new NotSupportedException("warmup_init: timm refuses it together with a rate");
        return new Adafactor
        {
            Form = AdafactorForm.Paper, Epsilon = p.Number("eps", 1e-30), ScaleEpsilon = p.Number("eps_scale", 1e-3),
            ClipThreshold = p.Number("clip_threshold", 1), DecayRate = -p.Number("decay_rate", -0.8), Beta1 = p.Has("betas") ? p.Beta(0, 0) : null,
            WeightDecay = Decay(p), SmallestFactored = p.Int("min_dim_size_to_factor", 16), Cautious = Caution(p),
        };
    }

    /// <summary>It stores its decay_offset and never reads it.</summary>
    private static Optimizer BigVision(Parameters p)
    {
        p.Int("decay_offset", 0);
        bool momentum = !p.IsNull("momentum");
        string type = p.Text("momentum_dtype", "torch.bfloat16");
        if (momentum && !type.EndsWith("float64", StringComparison.Ordinal))
            throw new NotSupportedException($"momentum_dtype {type}: the momentum has the precision of the weights here");
        return new Adafactor
        {
            Form = AdafactorForm.BigVision, AsTimm = true, SmallestFactored = p.Int("min_dim_size_to_factor", 16), DecayRate = p.Number("decay_rate", 0.8),
            LargestBeta2 = p.Number("beta2_cap", 0.999), Beta1 = momentum ? p.Number("momentum", 0.9) : null, Epsilon = p.Optional("eps"),
            WeightDecay = Decay(p), ClipThreshold = p.Optional("clipping_threshold"), UnscaledDecay = p.Flag("unscaled_wd", false), Cautious = Caution(p),
        };
    }

    private static Optimizer Muon(Parameters p, double baseRate)
    {
        // How it treats convolutions; there are none.
        p.Text("conv_mode", "flatten");
        p.Flag("normalize_spatial", true);
        double fallback = p.Number("fallback_lr_scale", 1);
        if (p.Optional("adamw_lr") is { } own) fallback = own / baseRate;
        return Muon(p, new Muon { VectorRateFactor = fallback });
    }

    private static Optimizer Muon(Parameters p, Muon muon) => muon with
    {
        Momentum = p.Number("momentum", 0.95), Nesterov = p.Flag("nesterov", false), Iterations = p.Int("ns_steps", 5), WeightDecay = Decay(p),
        Coefficients = p.Text("ns_coefficients", "quintic") switch
        {
            "original" => MuonCoefficients.Original,
            "quintic" => MuonCoefficients.Quintic,
            "polar_express" => MuonCoefficients.PolarExpress,
            "polar_express_safer" => MuonCoefficients.PolarExpressSafer,
            var other => throw new KeyNotFoundException($"ns_coefficients {other}"),
        },
        Scale = p.IsNull("adjust_lr_fn") ? MuonScale.None : p.Text("adjust_lr_fn", "match_rms_adamw") switch
        {
            "original" => MuonScale.Original,
            "match_rms_adamw" => MuonScale.MatchAdamW,
            "rms_to_rms" => MuonScale.RootMeanSquare,
            "rsqrt_in" => MuonScale.RootOfInputs,
            var other => throw new KeyNotFoundException($"adjust_lr_fn {other}"),
        },
        Epsilon = p.Number("eps", 1e-7), SafetyFactor = p.Number("safety_factor", 1), ScaleEpsilon = p.Flag("scale_eps", false),
        Adaptive = p.Text("algo", "muon") == "adamuon",
        Beta1 = p.Beta(0, 0.9), Beta2 = p.Beta(1, 0.95), SmallestDimension = 1,
    };

    private static double Decay(Parameters p, double fallback = 0) => p.Number("weight_decay", fallback);

    private static bool Caution(Parameters p) => p.Flag("caution", false);

    private static WeightDecayKind Kind(bool decoupled, bool isFixed = false) =>
        !decoupled ? WeightDecayKind.Coupled : isFixed ? WeightDecayKind.Fixed : WeightDecayKind.Decoupled;
}
