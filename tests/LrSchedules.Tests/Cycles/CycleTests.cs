using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.LrSchedules.Tests.Cycles;

[TestClass]
public class CycleTests
{
    private static double Cosine(double u) => (1 + Math.Cos(Math.PI * u)) / 2;

    [TestMethod]
    public void Restarts_EqualCycles_StartAgain() => "restarts(10st)".ShouldFollow(40, t => Cosine(t % 10 / 10), 1);

    [TestMethod]
    public void Restarts_Factors_MakeCyclesLongerAndLower() =>
        "restarts(10st, to=0.1, lengthFactor=2, heightFactor=0.5)".ShouldFollow(70, t =>
            t < 10 ? 0.1 + 0.9 * Cosine(t / 10) : t < 30 ? 0.1 + 0.4 * Cosine((t - 10) / 20) : 0.1 + 0.15 * Cosine((t - 30) / 40), 0.1 + 0.025);

    [TestMethod]
    public void Restarts_Cycles_HoldTheEndOfTheLast() => "restarts(10st, to=0.1, cycles=2)".ShouldFollow(40, t => t < 20 ? 0.1 + 0.9 * Cosine(t % 10 / 10) : 0.1, 0.1);

    [TestMethod]
    public void Restarts_CyclesThatFillTheRun_EndLow() => "restarts(10st, to=0.1, cycles=2) > hold".ShouldFollow(30, t => t < 20 ? 0.1 + 0.9 * Cosine(t % 10 / 10) : 0.1, 0.1);

    [TestMethod]
    public void Restarts_Warmup_IsPartOfEachCycleAndDoesNotGrow() =>
        "restarts(10st, shape=linear, to=0.2, lengthFactor=2, warmup=2st)".ShouldFollow(28, t =>
            t < 2 ? 0.2 + 0.8 * t / 2 : t < 10 ? 1 - 0.8 * (t - 2) / 8 : t < 12 ? 0.2 + 0.8 * (t - 10) / 2 : 1 - 0.8 * (t - 12) / 16, 0.2);

    [TestMethod]
    public void Restarts_From_IsTheTop() => "hold(2st, at=0.3) > restarts(4st, shape=linear, cycles=2, from=0.8)".ShouldFollow(10, t => t < 2 ? 0.3 : 0.8 * (1 - (t - 2) % 4 / 4), 0);

    [TestMethod]
    public void Restarts_ManyGrowingCycles_StartWhereTheFormulaSays()
    {
        BoundSchedule bound = LrSchedule.CosineRestarts(1.Steps(), lengthFactor: 2).Bind(TrainingPlan.OfSteps(1L << 20));
        for (int i = 2; i < 20; i++)
        {
            bound.FactorAt((1L << i) - 1).Should().Be(1, "cycle {0} starts there", i);
            bound.FactorAt((1L << i) - 2).Should().BeLessThan(1);
        }
    }

    [TestMethod]
    public void Bind_WarmupAsLongAsTheCycle_Throws() =>
        LrSchedule.CosineRestarts(5.Steps(), warmup: 5.Steps()).Invoking(schedule => schedule.Over(20)).Should().Throw<ArgumentException>()
            .WithMessage("The warmup of each cycle must be shorter than the first cycle of 5 steps but was 5: restarts(5st, warmup=5st). Shorten the warmup.");

    [TestMethod]
    public void Triangular_RisesAndFalls() => "triangular(10st)".ShouldFollow(45, t => t % 20 < 10 ? t % 20 / 10 : 2 - t % 20 / 10, 0.5);

    [TestMethod]
    public void Triangular_Asymmetric_FallsSlower() =>
        "triangular(5st, down=15st, from=0.1, to=0.9)".ShouldFollow(50, t => 0.1 + 0.8 * (t % 20 < 5 ? t % 20 / 5 : 1 - (t % 20 - 5) / 15), 0.1 + 0.8 * (1 - 5 / 15.0));

    [TestMethod]
    public void Triangular_CycleFactor_LowersEachCycle() =>
        "triangular(5st, cycleFactor=0.5)".ShouldFollow(35, t => (t % 10 < 5 ? t % 10 / 5 : 2 - t % 10 / 5) * Math.Pow(0.5, Math.Floor(t / 10)), 0.125);

    [TestMethod]
    public void Triangular_StepFactor_FadesEachStep() =>
        "triangular(5st, stepFactor=0.9, over=15st)".ShouldFollow(40, t => t < 15 ? (t % 10 < 5 ? t % 10 / 5 : 2 - t % 10 / 5) * Math.Pow(0.9, t) : Math.Pow(0.9, 15), Math.Pow(0.9, 15));

    [TestMethod]
    public void OneCycle_TwoPhases_RisesAndFalls() =>
        "oneCycle(40st, up=0.25, from=0.1, to=0.01)".ShouldFollow(40, t => t < 10 ? 1 - 0.9 * Cosine(t / 10) : 0.01 + 0.99 * Cosine((t - 10) / 30), 0.01);

    [TestMethod]
    public void OneCycle_ThreePhases_FallsToTheStartFirst() =>
        "oneCycle(40st, up=0.25, from=0.1, to=0.01, shape=linear, threePhase=true)".ShouldFollow(40, t =>
            t < 10 ? 0.1 + 0.9 * t / 10 : t < 20 ? 1 - 0.9 * (t - 10) / 10 : 0.1 - 0.09 * (t - 20) / 20, 0.01);

    [TestMethod]
    public void OneCycle_LastStep_CountsAsPyTorch() =>
        "oneCycle(40st, up=0.25, from=0.1, to=0.01, shape=linear, endAt=lastStep)".ShouldFollow(40, t => t < 9 ? 0.1 + 0.9 * t / 9 : 1 - 0.99 * (t - 9) / 30, 0.01);

    [TestMethod]
    public void OneCycle_Momentum_IsUpsideDown() =>
        LrSchedule.OneCycle(40.Steps(), 0.25, from: 1, peak: 0.85 / 0.95, to: 1, Shape.Linear).Over(40)
            .ShouldFollow(t => t < 10 ? 1 + (0.85 / 0.95 - 1) * t / 10 : 0.85 / 0.95 + (1 - 0.85 / 0.95) * (t - 10) / 30, 1);

    [TestMethod]
    public void Bind_OneCycleWithoutARise_Throws() =>
        LrSchedule.OneCycle(up: 0.1, endAt: EndAt.LastStep).Invoking(schedule => schedule.Over(10)).Should().Throw<ArgumentException>()
            .WithMessage("The rise must take more than one step but was 0.1 of 10 steps: oneCycle(up=0.1, endAt=lastStep). Train longer or rise for longer.");

    [TestMethod]
    public void Chebyshev_FourSteps_AreInFractalOrder()
    {
        double Factor(int s) => 1 / (0.525 - 0.475 * Math.Cos(Math.PI * (s + 0.5) / 4));
        double[] expected = [Factor(0), Factor(3), Factor(1), Factor(2)];
        "chebyshev(4, every=5st)".ShouldFollow(20, t => expected[(int)(t / 5)], expected[3]);
        "chebyshev(1, every=5st, smallest=0.5)".ShouldFollow(20, _ => 1 / 0.75, 1 / 0.75);
    }

    [TestMethod]
    [DataRow("restarts(10st, lengthFactor=0.9)", "lengthFactor must be a finite number of at least 1 but was 0.9. 1 keeps the length of the cycles, 2 doubles it.")]
    [DataRow("restarts(10st, heightFactor=0)", "heightFactor must be a finite number above 0 but was 0. 1 keeps the height of the cycles, 0.5 halves it.")]
    [DataRow("restarts(10st, cycles=0)", "cycles must be at least 1 but was 0. Leave it out for as many as fit.")]
    [DataRow("restarts(rest)", "first must be a length but was rest. The first cycle is some epochs long, or 0.25.OfRun().")]
    [DataRow("restarts(10st, warmup=rest)", "warmup must be a length but was rest. Leave it out for cycles that start at the top.")]
    [DataRow("triangular(rest)", "up must be a length but was rest. A cycle is a few epochs long.")]
    [DataRow("triangular(1st, cycleFactor=0)", "cycleFactor must be between 5E-324 and 1 but was 0. 1 keeps the height, 0.5 halves it in each cycle.")]
    [DataRow("triangular(1st, cycleFactor=1.5)", "cycleFactor must be between 5E-324 and 1 but was 1.5. 1 keeps the height, 0.5 halves it in each cycle.")]
    [DataRow("triangular(1st, stepFactor=1.5)", "stepFactor must be between 5E-324 and 1 but was 1.5. 1 keeps the height, 0.99994 lets it fade.")]
    [DataRow("oneCycle(up=0)", "up must be above 0 and below 1 but was 0. 0.3 rises for three tenths of the cycle.")]
    [DataRow("oneCycle(up=1)", "up must be above 0 and below 1 but was 1. 0.3 rises for three tenths of the cycle.")]
    [DataRow("oneCycle(up=0.5, threePhase=true)", "up must be below 0.5 with three phases but was 0.5. Two phases of that length must leave room for the third.")]
    [DataRow("chebyshev(6, every=1st)", "count must be a power of two up to 2^20 but was 6. The order exists for powers of two only.")]
    [DataRow("chebyshev(0, every=1st)", "count must be a power of two up to 2^20 but was 0. The order exists for powers of two only.")]
    [DataRow("chebyshev(2097152, every=1st)", "count must be a power of two up to 2^20 but was 2097152. The order exists for powers of two only.")]
    [DataRow("chebyshev(4, every=rest)", "every must be a length but was rest. Each step size is held for 1.Epochs() or 1.Steps().")]
    [DataRow("chebyshev(4, every=1st, smallest=0)", "smallest must be above 0 and below 1 but was 0. It is the ratio of the smallest to the largest curvature; 0.05 is usual.")]
    [DataRow("chebyshev(4, every=1st, smallest=1)", "smallest must be above 0 and below 1 but was 1. It is the ratio of the smallest to the largest curvature; 0.05 is usual.")]
    [DataRow("polynomialCycles(rest)", "period must be a length but was rest. The end value is reached after each period.")]
    [DataRow("polynomialCycles(1st, power=0)", "power must be a finite number above 0 but was 0. 1 is a straight line.")]
    [DataRow("exponential(rest, factor=0.5)", "per must be a length but was rest. The factor applies once per 1.Epochs() or 1000.Steps().")]
    [DataRow("exponential(1st, factor=0)", "factor must be a finite number above 0 but was 0. 0.9 takes a tenth away in each period.")]
    [DataRow("step(rest, factor=0.5)", "every must be a length but was rest. The factor applies after every 30.Epochs() or 1000.Steps().")]
    [DataRow("step(1st, factor=-1)", "factor must be a finite number above 0 but was -1. 0.1 divides by ten after each period.")]
    [DataRow("multiStep([rest], factor=0.5)", "at must be a list of positions with units but was rest. Positions are 30.Epochs(), 60.Epochs().")]
    [DataRow("multiStep([1st], factor=0)", "factor must be a finite number above 0 but was 0. 0.1 divides by ten at each position.")]
    [DataRow("inverseTime(rest)", "scale must be a length but was rest. The scale of a schedule after a warmup is usually the warmup's length.")]
    [DataRow("cosineWave(rest)", "halfPeriod must be a length but was rest. Half a period is the length of one fall.")]
    [DataRow("exponentialWarmup(rest)", "scale must be a length but was rest. After one scale the factor is 0.63, after three 0.95.")]
    [DataRow("radamWarmup(0.6)", "beta2 must be above 0.6 and below 1 but was 0.6. 0.999 is usual; below 0.6 the term is never defined.")]
    [DataRow("radamWarmup(1)", "beta2 must be above 0.6 and below 1 but was 1. 0.999 is usual; below 0.6 the term is never defined.")]
    [DataRow("table([], every=1st)", "values must be a list of at least one value but was empty. A table without values has no rate.")]
    [DataRow("table([1], every=rest)", "every must be a length but was rest. Each value is held for 1.Epochs() or 100.Steps().")]
    [DataRow("piecewise([1st], values=[1])", "values must be one value more than the 1 positions but was 1 values. The first value is the one at the start.")]
    [DataRow("piecewise([rest], values=[1, 2])", "at must be a list of positions with units but was rest. Positions are 30.Epochs(), 60.Epochs().")]
    [DataRow("staircase(cosine, every=rest)", "every must be a length but was rest. Stairs are 1.Epochs() or 100.Steps() wide.")]
    [DataRow("skip(cosine, by=rest)", "by must be a length but was rest. Say how much of the schedule is left out.")]
    [DataRow("repeat(cosine, times=0)", "times must be at least 1 but was 0. Once is the schedule itself.")]
    [DataRow("stretch(cosine, factor=0)", "factor must be a finite number above 0 but was 0. 2 takes twice as long, 0.5 half.")]
    [DataRow("clamp(cosine)", "minimum or maximum must be given but was neither. A clamp without limits does nothing.")]
    [DataRow("until(cosine, end=0, run=5)", "end must be at least 1 but was 0. Nothing would be left of the schedule.")]
    [DataRow("until(cosine, end=6, run=5)", "runSteps must be at least the 6 steps that are kept and at most 2^52 but was 5. A schedule is cut inside its run.")]
    public void Constructor_OutOfRange_SaysTheRule(string text, string message) =>
        FluentActions.Invoking(() => LrSchedule.Parse(text)).Should().Throw<FormatException>().WithMessage($"*{message}*");
}
