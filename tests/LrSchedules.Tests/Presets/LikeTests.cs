using Microsoft.VisualStudio.TestTools.UnitTesting;
using Like = Microsoft.ML.LrSchedules.LrSchedule.Like;

namespace Microsoft.ML.LrSchedules.Tests.Presets;

/// <summary>What the golden curves do not reach: defaults, empty phases and refusals. Each equivalent is stated as the text it stands for.</summary>
[TestClass]
public class LikeTests
{
    private static IEnumerable<object[]> Equivalents() =>
    [
        [Like.Seed.DecayLrPoly(10, 2), "warmup(2ep) > polynomial(8ep, power=0.9)"],
        [Like.Seed.DecayLrPoly(2, 2), "warmup(2ep)"],
        [Like.Seed.DecayLrStable(5, 2, 3), "warmup(2ep) > hold(3ep)"],
        [Like.Seed.DecayLrStable(0, 0, 0), "hold"],
        [Like.Seed.GradualWarmupScheduler(0), "hold"],
        [Like.Seed.GradualWarmupScheduler(3), "staircase(warmup(3ep), every=1ep)"],
        [Like.PyTorch.StepLR(30.Epochs()), "step(30ep, factor=0.1)"],
        [Like.PyTorch.MultiStepLR([30.Epochs(), 60.Epochs()]), "multiStep([30ep, 60ep], factor=0.1)"],
        [Like.PyTorch.ConstantLR(0.5, 4.Epochs()), "hold(4ep, at=0.5) > hold(at=1)"],
        [Like.PyTorch.PolynomialLR(4.Epochs()), "polynomial(4ep, power=1)"],
        [Like.PyTorch.CosineAnnealingLR(4.Epochs()), "cosineWave(4ep, toRate=0)"],
        [Like.PyTorch.CosineAnnealingWarmRestarts(4.Epochs()), "restarts(4ep, toRate=0)"],
        [Like.PyTorch.OneCycleLR(), "oneCycle(to=4E-06, endAt=lastStep)"],
        [Like.PyTorch.OneCycleLR(4.Epochs(), linear: true, threePhase: true), "oneCycle(4ep, shape=linear, threePhase=true, endAt=lastStep)"],
        [Like.PyTorch.SWALR(0.01, null), "hold(atRate=0.01)"],
        [Like.PyTorch.SWALR(0.01, 5.Epochs()), "cosine(5ep, toRate=0.01)"],
        [Like.PyTorch.SWALR(0.01, 5.Epochs(), linear: true), "linear(5ep, toRate=0.01)"],
        [Like.HuggingFace.ConstantWithWarmup(0), "hold"],
        [Like.HuggingFace.CosineWithHardRestarts(0, 10), "restarts(10st, cycles=1)"],
        [Like.HuggingFace.InverseSqrt(0), "inverseTime(10000st, power=0.5)"],
        [Like.HuggingFace.PolynomialWithWarmup(5, 5), "warmup(5st) > hold(atRate=1E-07)"],
        [Like.HuggingFace.Wsd(0, 0, 0), "hold(at=0)"],
        [Like.HuggingFace.PiecewiseConstant([], [0.5]), "hold(at=0.5)"],
        [Like.Optax.PiecewiseConstant(0.5, [0], [0.5]), "hold(at=0.25)"],
        [Like.Optax.WarmupConstant(0.1, 1, 0), "hold(at=0.1)"],
        [Like.Optax.ExponentialDecay(0.1, 10, 2, endValue: 1), "clamp(exponential(10st, factor=2, from=0.1), maximum=1)"],
        [Like.Optax.WarmupExponentialDecay(0, 1, 0, 10, 0.5), "exponential(10st, factor=0.5, from=1)"],
        [Like.Keras.CosineDecayRestarts(8, alpha: 0.25), "affine(affine(restarts(8st, lengthFactor=2), times=0.75), plus=0.25)"],
        [Like.Keras.ExponentialDecay(10, 0.5, staircase: true), "step(10st, factor=0.5)"],
        [Like.Keras.ExponentialDecay(10, 0.5), "exponential(10st, factor=0.5)"],
        [Like.Keras.InverseTimeDecay(10, 0.5), "inverseTime(20st)"],
        [Like.Keras.InverseTimeDecay(10, 0.5, staircase: true), "staircase(inverseTime(20st), every=10st)"],
        [Like.MlNet.PolynomialLRDecay(10), "polynomial(10st, power=1, toRate=0.0001)"],
        [Like.MlNet.PolynomialLRDecay(10, cycle: true), "polynomialCycles(10st, power=1, toRate=0.0001)"],
        [Like.PyTorchOptimizer.CosineAnnealingWarmupRestarts(10, 0.01), "skip(restarts(10st, toRate=0.01), by=1st)"],
        [Like.PyTorchOptimizer.CosineAnnealingWarmupRestarts(10, 0.01, warmupSteps: 2), "skip(restarts(10st, toRate=0.01, warmup=2st), by=1st)"],
        [Like.HuggingFace.CosineWarmupWithMinLr(0, 100, 0.1, numCycles: 2), "skip(cosineWave(25st, to=0.1, from=1), by=1st)"],
        [Like.HuggingFace.Wsd(0, 0, 10, decay: Shape.Linear, numCycles: 2), "linear(10st, to=0, from=1) > hold(at=0)"],
        [Like.HuggingFace.Wsd(0, 0, 10, numCycles: 2), "cosine(10st, halfWaves=4, from=1) > hold(at=0)"],
        [Like.Fastai.SchedNo(), "hold"],
        [Like.Fastai.FitFlatCos(0, 10), "cosine(to=0.1)"],
        [Like.MlNet.LsrDecay(128, []), "hold(at=1)"],
        [Like.MlNet.LsrDecay(64, [(0, 1)]), "hold(at=0.5)"],
        [Like.MlNet.LsrDecay(128, [(4, 0.1)]), "piecewise([4ep], values=[1, 0.1])"],
        [Like.Papers.LinearToZero(2.Epochs()), "warmup(2ep) > linear"],
        [Like.Papers.WarmupStableDecay(2.Epochs(), 3.Epochs()), "warmup(2ep) > hold > linear(3ep)"],
        [Like.Papers.WarmupStableDecay(null, 3.Epochs(), Shape.Rex(), 0.1), "hold > rex(3ep, to=0.1)"],
        [Like.Papers.ConstantCooldown(null, 3.Epochs()), "hold > oneMinusPower(3ep, power=0.5)"],
        [Like.Papers.Infinite(0, 5, 6, 7, 0.3, 0.01), "cosine(5st, to=0.3) > hold(6st) > linear(7st, to=0.01, scale=log)"],
        [Like.Papers.Trapezoidal(0.4.OfRun()), "hold > linear(40%)"],
        [Like.Papers.Rex(3.Epochs()), "rex(3ep)"],
        [Like.Papers.CosLog(), "cosLog(from=1)"],
        [Like.Papers.FlatCosine(), "hold(50%) > cosine"],
        [Like.Papers.NanoGpt(0, 10, 0.1), "cosine(10st, toRate=0.1, from=1)"],
        [Like.Papers.Power(0, 1, -1, 0.25), "hold(4st) > inverseTime(4st)"],
        [Like.Papers.Power(10, 1, -1, 0.25), "warmup(10st, to=0.4) > inverseTime(10st)"],
        [Like.Papers.WsdSimplified(2, [(6, 4), (4, 4)], 0.5), "warmup(2st) > linear(4st, to=0.5, from=1, scale=inverse) > linear(4st, to=0.5, from=1, scale=inverse)"],
        [Like.Papers.WsdSimplified(0, [(6, 4)], 0.5), "hold(2st, at=1) > linear(4st, to=0.5, from=1, scale=inverse)"],
        [Like.Composer.ConstantWithWarmup(0, 5), "hold(5st, at=1) > hold(at=1)"],
        [Like.Composer.CosineAnnealingWithWarmup(4, 10, rise: 8), "warmup(4st, to=0.5) > cosine(6st, from=1)"],
        [Like.Composer.CosineAnnealingWithWarmup(4, 10, rise: 2), "warmup(2st) > hold(2st) > cosine(6st, from=1)"],
        [Like.Composer.CosineAnnealingWarmRestarts(3, 7, 1.5), "cosine(3st, from=1) > cosine(4st, from=1)"],
        [Like.PyTorchWarmup.UntunedLinearWarmup(), "warmup(1999st, firstStep=aboveStart)"],
        [Like.PyTorchWarmup.UntunedExponentialWarmup(), "exponentialWarmup(999st)"],
        [Like.PyTorchOptimizer.CosineScheduler(10), "cosineWave(10st, toRate=0)"],
        [Like.PyTorchOptimizer.LinearScheduler(10, 0, 0.1, 5), "warmup(5st, fromRate=0.1) > linear(5st, toRate=0)"],
        [Like.PyTorchOptimizer.Wsd(0, 0, 5), "oneMinusPower(5st, power=0.5, from=1)"],
        [Like.ScikitLearn.SgdInvscaling(), "inverseTime(1st, power=0.25)"],
    ];

    [TestMethod]
    [DynamicData(nameof(Equivalents))]
    public void Equivalents_Defaults_AreTheseTexts(LrSchedule schedule, string text) => schedule.ToString().Should().Be(LrSchedule.Parse(text).ToString());

    [TestMethod]
    public void Equivalents_BadArguments_Throw()
    {
        FluentActions.Invoking(() => Like.Seed.DecayLrStable(5, 3, 3)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("totalEpochs must be at least 6 but was 5. Warmup and stable phase are part of the run.*");
        FluentActions.Invoking(() => Like.Seed.DecayLrStable(5, -1, 3)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("warmUp must be at least 0 but was -1.*");
        FluentActions.Invoking(() => Like.Seed.DecayLrStable(5, 1, -1)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("stableEpochs must be at least 0 but was -1.*");
        FluentActions.Invoking(() => Like.Seed.GradualWarmupScheduler(-1)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("warmupEpochs must be at least 0 but was -1.*");
        FluentActions.Invoking(() => Like.PyTorch.LambdaLR(t => t, 5.Epochs())).Should().Throw<ArgumentOutOfRangeException>().WithMessage("over must be a number of steps but was 5ep. The function counts steps.*");
        FluentActions.Invoking(() => Like.Fastai.Discriminative(1, 2, 1)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("groups must be at least 2 but was 1.*");
        FluentActions.Invoking(() => Like.Papers.WsdSimplified(0, [], 0.5)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("phases must be a list of at least one phase but was empty.*");
        FluentActions.Invoking(() => Like.Composer.CosineAnnealingWarmRestarts(0, 5)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("t0 must be at least 1 but was 0.*");
        FluentActions.Invoking(() => Like.Composer.CosineAnnealingWarmRestarts(1, 5, 0.5)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("tMult must be at least 1 but was 0. The cycles become shorter than a batch.*");
    }
}
