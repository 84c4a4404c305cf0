using Golden.Curves;
using Microsoft.ML.Trainers.Torch;

namespace Golden.Trajectories;

/// <summary>schedulefree, prodigy and dadaptation.</summary>
internal static class ParameterFreeFamilies
{
    internal static Optimizer? Of(string name, Parameters p)
    {
        p.Flag("foreach", false);
        p.Flag("fsdp_in_use", false);
        p.Int("log_every", 0);
        double decay = p.Number("weight_decay", 0);
        WeightDecayKind kind = p.Flag("decouple", name != "DAdaptAdam") ? WeightDecayKind.Decoupled : WeightDecayKind.Coupled;
        return name switch
        {
            "SGDScheduleFree" or "SGDScheduleFreeReference" => new ScheduleFreeSgd
            {
                Momentum = p.Number("momentum", 0.9), WarmupSteps = p.Number("warmup_steps", 0), StepPower = p.Number("r", 0),
                RatePower = p.Number("weight_lr_power", 2), WeightDecay = decay,
            },
            "AdamWScheduleFree" or "AdamWScheduleFreeReference" => new ScheduleFreeAdamW
            {
                Beta1 = p.Beta(0, 0.9), Beta2 = p.Beta(1, 0.999), Epsilon = p.Number("eps", 1e-8), WarmupSteps = p.Number("warmup_steps", 0),
                StepPower = p.Number("r", 0), RatePower = p.Number("weight_lr_power", 2), InnerMomentum = p.Number("inner_momentum", 0),
                DecayAtZ = p.Flag("decay_at_z", false), WeightDecay = decay,
            },
            "RAdamScheduleFree" => new ScheduleFreeRAdam
            {
                Beta1 = p.Beta(0, 0.9), Beta2 = p.Beta(1, 0.999), Epsilon = p.Number("eps", 1e-8), StepPower = p.Number("r", 0),
                RatePower = p.Number("weight_lr_power", 2), SilentFirstPhase = p.Flag("silent_sgd_phase", true), WeightDecay = decay,
            },
            "Prodigy" => new Prodigy
            {
                Beta1 = p.Beta(0, 0.9), Beta2 = p.Beta(1, 0.999), Beta3 = p.Optional("beta3"), Epsilon = p.Number("eps", 1e-8), WeightDecay = decay,
                DecayKind = kind, BiasCorrection = p.Flag("use_bias_correction", false), SafeguardWarmup = p.Flag("safeguard_warmup", false),
                FirstEstimate = p.Number("d0", 1e-6), Coefficient = p.Number("d_coef", 1), GrowthRate = p.Optional("growth_rate"),
                Slice = p.Int("slice_p", 1),
            },
            "DAdaptAdam" => new DAdaptAdam
            {
                Beta1 = p.Beta(0, 0.9), Beta2 = p.Beta(1, 0.999), Epsilon = p.Number("eps", 1e-8), WeightDecay = decay, DecayKind = kind,
                BiasCorrection = p.Flag("use_bias_correction", false), FirstEstimate = p.Number("d0", 1e-6), GrowthRate = p.Optional("growth_rate"),
            },
            "DAdaptSGD" => new DAdaptSgd
            {
                Momentum = p.Number("momentum", 0), WeightDecay = decay, FirstEstimate = p.Number("d0", 1e-6), GrowthRate = p.Optional("growth_rate"),
            },
            "DAdaptAdaGrad" => new DAdaptAdaGrad
            {
                Momentum = p.Number("momentum", 0), WeightDecay = decay, Epsilon = p.Number("eps", 1e-6), FirstEstimate = p.Number("d0", 1e-6),
                GrowthRate = p.Optional("growth_rate"),
            },
            "DAdaptLion" => new DAdaptLion
            {
                Beta1 = p.Beta(0, 0.9), Beta2 = p.Beta(1, 0.99), WeightDecay = decay, FirstEstimate = p.Number("d0", 1e-6),
            },
            _ => null,
        };
    }
}
