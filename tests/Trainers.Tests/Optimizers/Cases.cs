using Microsoft.ML.LrSchedules;

namespace Microsoft.ML.Trainers.Torch.Tests.Optimizers;

/// <summary>Every optimizer, as text: with its defaults, and with the options that change its rule.</summary>
internal static class Cases
{
    private static readonly string[] Variants =
    [
        "sgd(0.05, momentum=0.9, dampening=0.3, wd=0.01)", "sgd(0.05, momentum=0.9, nesterov=true, maximize=true)", "sgd(0.05, momentum=0.9, cautious=true)",
        "sgd(0.05, momentum=0.9 * linear(to=0.5))", "rmsprop(centered=true, momentum=0.5, wd=0.01)", "adagrad(lr=0.05, epsilonPlacement=insideRoot)",
        "adam(amsGrad=true, wd=0.01)", "adam(decayKind=fixed, wd=0.001)", "adamw(cautious=true)", "adamw(beta1=0.95 * linear(to=0.8), decayFollowsRate=true)",
        "adamw(averaging=ema(0.9))", "sgd(0.05, averaging=swa(start=5, every=3))", "nadamw(cautious=true)", "lion(cautious=true, wd=0.1)",
        "adopt(cautious=true)", "adan(noProximal=true, wd=0.02, cautious=true)", "laprop(cautious=true)", "lamb(cautious=true, alwaysAdapt=true)",
        "mars(sign=true, optimizeVectors=true)", "mars(cautious=true)", "adabelief(rectify=false, amsGrad=true)", "diffgrad(rectify=true)",
        "adabound(amsBound=true)", "ademamix(warmupSteps=20)", "simplifiedademamix(warmupSteps=20, alpha=2)", "novograd(amsGrad=true, gradientAveraging=true)",
        "madgrad(momentum=0)", "asgd(averageFrom=5)", "lars(momentum=0.9, wd=0.01, trustClip=true)", "adafactor(form=paper, beta1=0.9, cautious=true)",
        "adafactor(form=bigVision, beta1=0.9, clipThreshold=none)", "came(amsBound=true)", "muon(nesterov=true, smallestDimension=2)",
        "muon(adaptive=true, smallestDimension=2, coefficients=original)", "soap(frequency=2)", "soap(frequency=3, preconditionVectors=true, normalizeGradient=true)",
        "prodigy(beta1=0, safeguardWarmup=true, biasCorrection=true)", "dadaptadam(biasCorrection=true, growthRate=1.5)", "dadaptsgd(momentum=0.9)",
        "schedulefreeadamw(warmupSteps=6, innerMomentum=0.5, decayAtZ=true, wd=0.01)", "lbfgs(iterations=3, lineSearch=true)", "lbfgs(0.5, iterations=4, historySize=3)",
        "adamp(nesterov=true, cautious=true, delta=2)", "aggmo(0.05, beta4=0.999, beta5=0.5)", "adopt(updateClipping=true, cautious=true)",
        "ademamix(updateClipping=true, cautious=true, wd=0.01)", "yogi(correctFirstMoment=false)", "diffgrad(rectify=true, rectifyThreshold=7)", "prodigy(slice=3)",
    ];

    internal static IEnumerable<string> All => OptimizerSchema.Names.Concat(Variants);

    internal static IEnumerable<object[]> Rows => All.Select(text => new object[] { text });

    internal static IEnumerable<object[]> ElementwiseRows => All.Where(text => Optimizer.Parse(text).IsElementwise).Select(text => new object[] { text });

    /// <summary>Several groups, where the optimizer can have them.</summary>
    internal static IReadOnlyList<ParameterGroup> GroupsFor(Optimizer optimizer) => optimizer.NeedsAllParameters
        ? []
        : [new("layers.1.*") { LearningRateMultiplier = 0.5 }, ParameterGroup.NoDecay];

    internal static LrSchedule Warm => LrSchedule.Warmup(5.Steps()).Cosine(to: 0.1);
}
