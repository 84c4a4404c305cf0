using System.Text.Json;
using Golden.Curves;
using Golden.Trajectories;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.Trainers.Torch.Tests.Optimizers;

/// <summary>
/// Every parameter that the constructors of the published optimizers have is mapped to an option here, or refused with a reason: a golden
/// file must never pass or fail because a parameter of it was overlooked.
/// </summary>
[TestClass]
public sealed class VocabularyTests
{
    private const string Torch = """ "foreach":true,"fused":false,"capturable":false,"differentiable":false,"maximize":true,"weight_decay":0.1 """;
    private const string Betas = """ "betas":[0.8,0.95],"eps":1e-7 """;
    private const string Kozistr = """ "maximize":true,"weight_decay":0.1,"weight_decouple":true,"fixed_decay":true,"cautious":true,"stable_adamw":true,"adam_debias":true,"adanorm":true,"adanorm_r":0.9,"foreach":false """;
    private const string DAdapt = """ "weight_decay":0.1,"log_every":5,"d0":1e-5,"fsdp_in_use":false """;
    private const string ScheduleFree = """ "weight_decay":0.1,"r":1,"weight_lr_power":1,"foreach":true """;

    public static IEnumerable<object[]> Mapped()
    {
        yield return Case("torch.SGD", $$"""{{{Torch}},"momentum":0.9,"dampening":0,"nesterov":true}""");
        yield return Case("torch.Adagrad", $$"""{{{Torch}},"lr_decay":0.1,"initial_accumulator_value":0.1,"eps":1e-3}""");
        yield return Case("torch.Adadelta", $$"""{{{Torch}},"rho":0.8,"eps":1e-3}""");
        yield return Case("torch.RMSprop", $$"""{{{Torch}},"alpha":0.9,"eps":1e-3,"momentum":0.9,"centered":true}""");
        yield return Case("torch.Adam", $$"""{{{Torch}},{{Betas}},"amsgrad":true,"decoupled_weight_decay":true}""");
        yield return Case("torch.AdamW", $$"""{{{Torch}},{{Betas}},"amsgrad":true}""");
        yield return Case("torch.Adamax", $$"""{{{Torch}},{{Betas}}}""");
        yield return Case("torch.NAdam", $$"""{{{Torch}},{{Betas}},"momentum_decay":0.01,"decoupled_weight_decay":true}""");
        yield return Case("torch.RAdam", $$"""{{{Torch}},{{Betas}},"decoupled_weight_decay":true}""");
        yield return Case("torch.ASGD", $$"""{{{Torch}},"lambd":0.01,"alpha":0.5,"t0":10}""");
        yield return Case("torch.Rprop", """{"etas":[0.6,1.1],"step_sizes":[1e-4,1],"capturable":false,"foreach":true,"maximize":true,"differentiable":false}""");
        yield return Case("torch.Adafactor", """{"beta2_decay":-0.7,"eps":[null,1e-3],"d":2,"weight_decay":0.1,"foreach":true,"maximize":true}""");
        yield return Case("torch.LBFGS", """{"max_iter":3,"max_eval":5,"tolerance_grad":1e-8,"tolerance_change":1e-10,"history_size":5,"line_search_fn":"strong_wolfe"}""");

        yield return Case("timm.SGDW", $$"""{{{Torch}},"momentum":0.9,"dampening":0,"nesterov":true,"caution":true,"corrected_weight_decay":true}""");
        yield return Case("timm.RMSpropTF", """{"alpha":0.8,"eps":1e-9,"weight_decay":0.1,"momentum":0.9,"centered":true,"decoupled_decay":true,"corrected_weight_decay":true,"lr_in_momentum":false,"caution":true}""");
        yield return Case("timm.AdamWLegacy", $$"""{{{Torch}},{{Betas}},"amsgrad":true,"caution":true,"corrected_weight_decay":true}""");
        yield return Case("timm.NAdamW", $$"""{{{Torch}},{{Betas}},"caution":true,"corrected_weight_decay":true}""");
        yield return Case("timm.AdaBelief", $$"""{{{Betas}},"weight_decay":0.1,"amsgrad":true,"decoupled_decay":true,"fixed_decay":true,"rectify":true,"degenerated_to_sgd":false}""");
        yield return Case("timm.LaProp", $$"""{{{Betas}},"weight_decay":0.1,"caution":true,"corrected_weight_decay":true}""");
        yield return Case("timm.Adopt", $$"""{{{Torch}},{{Betas}},"clip_exp":null,"decoupled":true,"caution":true,"corrected_weight_decay":true}""");
        yield return Case("timm.Adan", """{"betas":[0.9,0.8,0.95],"eps":1e-7,"weight_decay":0.1,"no_prox":true,"caution":true,"foreach":true}""");
        yield return Case("timm.MADGRAD", """{"momentum":0.5,"weight_decay":0.1,"eps":1e-5,"decoupled_decay":true}""");
        yield return Case("timm.Lion", """{"betas":[0.8,0.9],"weight_decay":0.1,"caution":true,"corrected_weight_decay":true,"maximize":true,"foreach":true}""");
        yield return Case("timm.Lars", """{"momentum":0.9,"dampening":0.1,"weight_decay":0.1,"nesterov":true,"trust_coeff":0.01,"eps":1e-7,"trust_clip":true,"always_adapt":true}""");
        yield return Case("timm.Lamb", $$"""{{{Betas}},"bias_correction":false,"weight_decay":0.1,"grad_averaging":false,"max_grad_norm":null,"trust_clip":true,"always_adapt":true,"caution":true,"decoupled_decay":true,"corrected_weight_decay":true}""");
        yield return Case("timm.NvNovoGrad", $$"""{{{Betas}},"weight_decay":0.1,"grad_averaging":true,"amsgrad":true}""");
        yield return Case("timm.Mars", $$"""{{{Betas}},"weight_decay":0.1,"gamma":0.05,"mars_type":"lion","optimize_1d":true,"lr_1d_factor":0.5,"betas_1d":[0.8,0.9],"caution":true}""");
        yield return Case("timm.AdamP", $$"""{{{Betas}},"weight_decay":0.1,"delta":0.2,"wd_ratio":0.2,"nesterov":true,"caution":true}""");
        yield return Case("timm.Muon", """{"weight_decay":0.1,"momentum":0.9,"nesterov":true,"ns_steps":3,"ns_coefficients":"polar_express","eps":1e-6,"safety_factor":1.01,"adjust_lr_fn":"rms_to_rms","conv_mode":"batched","normalize_spatial":false,"adamw_lr":0.001,"fallback_lr_scale":1,"betas":[0.8,0.9],"algo":"adamuon","scale_eps":true,"capturable":false,"verbose":true}""");
        yield return Case("timm.Adafactor", """{"eps":1e-20,"eps_scale":1e-2,"clip_threshold":2,"decay_rate":-0.7,"betas":[0.9,0.99],"weight_decay":0.1,"scale_parameter":false,"warmup_init":false,"min_dim_size_to_factor":2,"caution":true}""");
        yield return Case("timm.AdafactorBigVision", """{"min_dim_size_to_factor":2,"decay_rate":0.7,"decay_offset":3,"beta2_cap":0.99,"momentum":0.8,"momentum_dtype":"torch.float64","eps":1e-20,"weight_decay":0.1,"clipping_threshold":1,"unscaled_wd":true,"caution":true,"corrected_weight_decay":true,"foreach":false}""");

        yield return Case("pytorch_optimizer.ADOPT", $$"""{{{Kozistr}},{{Betas}},"clip_lambda":null}""");
        yield return Case("pytorch_optimizer.AccSGD", $$"""{{{Kozistr}},"kappa":5,"xi":5,"constant":0.5}""");
        yield return Case("pytorch_optimizer.SignSGD", $$"""{{{Kozistr}},"momentum":0.5}""");
        yield return Case("pytorch_optimizer.AdEMAMix", $$"""{{{Kozistr}},"betas":[0.8,0.9,0.99],"eps":1e-7,"alpha":3,"t_alpha_beta3":30}""");
        yield return Case("pytorch_optimizer.SimplifiedAdEMAMix", $$"""{{{Kozistr}},{{Betas}},"alpha":1,"beta1_warmup":10,"min_beta1":0.8}""");
        yield return Case("pytorch_optimizer.AdaBound", $$"""{{{Kozistr}},{{Betas}},"final_lr":0.2,"gamma":0.01,"ams_bound":true}""");
        yield return Case("pytorch_optimizer.AggMo", $$"""{{{Kozistr}},"betas":[0,0.9,0.99,0.999,0.5]}""");
        yield return Case("pytorch_optimizer.CAME", $$"""{{{Kozistr}},"betas":[0.8,0.9,0.99],"clip_threshold":2,"ams_bound":true,"eps1":1e-20,"eps2":1e-10}""");
        yield return Case("pytorch_optimizer.DiffGrad", $$"""{{{Kozistr}},{{Betas}},"rectify":true,"n_sma_threshold":6,"degenerated_to_sgd":false,"ams_bound":true}""");
        yield return Case("pytorch_optimizer.Grams", $$"""{{{Kozistr}},{{Betas}}}""");
        yield return Case("pytorch_optimizer.SOAP", $$"""{{{Kozistr}},{{Betas}},"shampoo_beta":0.9,"precondition_frequency":3,"max_precondition_dim":100,"merge_dims":false,"precondition_1d":true,"correct_bias":false,"normalize_gradient":true,"data_format":"channels_first"}""");
        yield return Case("pytorch_optimizer.Tiger", $$"""{{{Kozistr}},"beta":0.9}""");
        yield return Case("pytorch_optimizer.Yogi", $$"""{{{Kozistr}},{{Betas}},"initial_accumulator":1e-5}""");
        yield return Case("pytorch_optimizer.StableAdamW", $$"""{{{Kozistr}},{{Betas}},"kahan_sum":false}""");

        yield return Case("schedulefree.SGDScheduleFree", $$"""{{{ScheduleFree}},"momentum":0.8,"warmup_steps":5}""");
        yield return Case("schedulefree.SGDScheduleFreeReference", $$"""{{{ScheduleFree}},"momentum":0.8,"warmup_steps":5}""");
        yield return Case("schedulefree.AdamWScheduleFree", $$"""{{{ScheduleFree}},{{Betas}},"warmup_steps":5,"inner_momentum":0.5}""");
        yield return Case("schedulefree.AdamWScheduleFreeReference", $$"""{{{ScheduleFree}},{{Betas}},"warmup_steps":5,"inner_momentum":0.5,"decay_at_z":true}""");
        yield return Case("schedulefree.RAdamScheduleFree", $$"""{{{ScheduleFree}},{{Betas}},"silent_sgd_phase":false}""");
        yield return Case("prodigy.Prodigy", $$"""{{{Betas}},"beta3":0.9,"weight_decay":0.1,"decouple":false,"use_bias_correction":true,"safeguard_warmup":true,"d0":1e-5,"d_coef":2,"growth_rate":1.5,"fsdp_in_use":false,"slice_p":11}""");
        yield return Case("dadaptation.DAdaptAdam", $$"""{{{DAdapt}},{{Betas}},"decouple":true,"use_bias_correction":true,"growth_rate":1.5}""");
        yield return Case("dadaptation.DAdaptSGD", $$"""{{{DAdapt}},"momentum":0.9,"growth_rate":1.5}""");
        yield return Case("dadaptation.DAdaptAdaGrad", $$"""{{{DAdapt}},"momentum":0,"eps":1e-5,"growth_rate":1.5}""");
        yield return Case("dadaptation.DAdaptLion", $$"""{{{DAdapt}},"betas":[0.8,0.9]}""");

        static object[] Case(string optimizer, string parameters) => [optimizer, parameters];
    }

    [TestMethod]
    [DynamicData(nameof(Mapped))]
    public void Of_EveryParameterOfTheOriginal_IsRead(string optimizer, string parameters)
    {
        using JsonDocument document = JsonDocument.Parse(parameters);
        Parameters p = new(document.RootElement);

        OptimizerFamilies.Of(optimizer, p, baseRate: 0.01).Should().NotBeNull();

        p.Unread.Should().BeEmpty();
    }

    [TestMethod]
    [DataRow("pytorch_optimizer.AggMo", """{"betas":[0,0.1,0.2,0.3,0.4,0.5]}""", "betas: *")]
    [DataRow("pytorch_optimizer.ADOPT", """{"clip_lambda":"lambda step: step"}""", "clip_lambda: *")]
    [DataRow("pytorch_optimizer.SOAP", """{"merge_dims":true}""", "merge_dims: *")]
    [DataRow("timm.Adafactor", """{"warmup_init":true}""", "warmup_init: *")]
    [DataRow("timm.AdafactorBigVision", """{"momentum_dtype":"torch.bfloat16"}""", "momentum_dtype *")]
    [DataRow("timm.AdafactorBigVision", "{}", "momentum_dtype *")]
    [DataRow("torch.LBFGS", """{"line_search_fn":"armijo"}""", "line_search_fn *")]
    public void Of_WhatIsNotOffered_IsRefusedWithAReason(string optimizer, string parameters, string reason)
    {
        using JsonDocument document = JsonDocument.Parse(parameters);

        Action map = () => OptimizerFamilies.Of(optimizer, new Parameters(document.RootElement), baseRate: 0.01);

        map.Should().Throw<NotSupportedException>().WithMessage(reason);
    }
}
