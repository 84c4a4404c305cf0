using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.LrSchedules.Tests.Combinators;

[TestClass]
public class CombinatorTests
{
    [TestMethod]
    public void Product_OfAWarmup_DampensWithoutShifting() => "warmup(10st) * linear".ShouldFollow(40, t => Math.Min(1, t / 10) * (1 - t / 40), 0);

    [TestMethod]
    public void Product_OfFixedLengths_LastsAsLongAsTheLonger() =>
        "(linear(10st, to=0.5) * linear(20st, to=0.2)) > hold(at=1)".ShouldFollow(40, t => t < 20 ? (1 - 0.5 * Math.Min(1, t / 10)) * (1 - 0.8 * t / 20) : 1, 1);

    [TestMethod]
    public void Product_LongerThanItsPlace_Throws() =>
        LrSchedule.Parse("hold * linear(50st)").Invoking(schedule => schedule.Over(40)).Should().Throw<ArgumentException>()
            .WithMessage("The schedule must be at most 40 steps long but was 50: hold * linear(50st). Train longer, or write lengths as fractions of the run.");

    [TestMethod]
    public void Affine_ScalesAndRaises() => "affine(linear, times=0.5, plus=0.1)".ShouldFollow(40, t => 0.5 * (1 - t / 40) + 0.1, 0.1);

    [TestMethod]
    public void Scaled_AndRaised_AreAffine()
    {
        LrSchedule.Linear().Scaled(2).Should().Be(LrSchedule.Parse("affine(linear, times=2)"));
        LrSchedule.Linear().Raised(0.5).Should().Be(LrSchedule.Parse("affine(linear, plus=0.5)"));
        LrSchedule.Linear().Raised(Level.OfRate(0.01)).Over(10, 0.1).FactorAt(10).Should().BeApproximately(0.1, 1e-15);
    }

    [TestMethod]
    public void Clamp_KeepsBetween() => "clamp(linear, minimum=0.25, maximum=0.75)".ShouldFollow(40, t => Math.Clamp(1 - t / 40, 0.25, 0.75), 0.25);

    [TestMethod]
    public void Clamp_OneSide_LeavesTheOther()
    {
        "clamp(linear, minimum=0.25)".ShouldFollow(40, t => Math.Max(1 - t / 40, 0.25), 0.25);
        "clamp(linear, maximum=0.75)".ShouldFollow(40, t => Math.Min(1 - t / 40, 0.75), 0);
    }

    [TestMethod]
    public void Clamp_MinimumAboveMaximum_Throws() =>
        LrSchedule.Linear().Clamped(minimum: 0.5, maximum: Level.OfRate(0.025)).Invoking(schedule => schedule.Over(40, 0.1)).Should().Throw<ArgumentException>()
            .WithMessage("minimum must be at most maximum, 0.25, but was 0.5: clamp(linear, minimum=0.5, maximumRate=0.025). Compare factors with factors and rates with rates.");

    [TestMethod]
    public void Repeat_StartsEachTimeFromItsOwnStart() => "repeat(linear(10st, to=0.2), times=3)".ShouldFollow(40, t => t < 30 ? 1 - 0.8 * (t % 10) / 10 : 0.2, 0.2);

    [TestMethod]
    public void Repeat_WithoutALength_TakesEqualParts() => "repeat(linear, times=4)".ShouldFollow(40, t => 1 - t % 10 / 10, 0);

    [TestMethod]
    public void Stretch_PlaysSlower() => "stretch(linear(10st), factor=3)".ShouldFollow(40, t => t < 30 ? 1 - t / 30 : 0, 0);

    [TestMethod]
    public void Stretch_WithoutALength_ChangesNothingOfALengthBoundShape() => "stretch(linear, factor=3)".ShouldFollow(40, t => 1 - t / 40, 0);

    [TestMethod]
    public void Skip_LeavesTheBeginningOut() => "skip(linear(20st), by=5st)".ShouldFollow(40, t => t < 15 ? 1 - (t + 5) / 20 : 0, 0);

    [TestMethod]
    public void Skip_OfARest_RunsAhead() => "skip(exponential(10st, factor=0.5), by=5st)".ShouldFollow(40, t => Math.Pow(0.5, (t + 5) / 10), Math.Pow(0.5, 4.5));

    [TestMethod]
    public void Skip_WholeSchedule_Throws() =>
        LrSchedule.Parse("skip(linear(5st), by=5st)").Invoking(schedule => schedule.Over(40)).Should().Throw<ArgumentException>()
            .WithMessage("What is skipped must be shorter than the schedule's 5 steps but was 5: skip(linear(5st), by=5st). Skip less.");

    [TestMethod]
    public void Staircase_ReadsOncePerStair() => "staircase(linear, every=8st)".ShouldFollow(40, t => 1 - 8 * Math.Floor(t / 8) / 40, 0);

    [TestMethod]
    public void PerEpoch_AfterAWarmup_EndsAtThePeak() =>
        LrSchedule.Warmup(2.Epochs()).PerEpoch().Hold().Over(40).ShouldFollow(t => t < 10 ? 0 : t < 20 ? 0.5 : 1, 1);

    [TestMethod]
    public void Combinators_StartTheirPartsFromOne() =>
        LrSchedule.Hold(10.Steps(), at: 0.3).Then(LrSchedule.Linear().PerEpoch()).Over(30).FactorAt(10).Should().Be(1);

    [TestMethod]
    public void Until_CutsWithoutChangingTheClock()
    {
        LrSchedule trunk = LrSchedule.Warmup(0.1.OfRun()).Hold().Linear(0.2.OfRun());
        TrainingPlan plan = TrainingPlan.OfSteps(100, 10);
        LrSchedule branch = trunk.ForkDecay(plan, 500, LrSchedule.Cosine(60.Steps()));
        BoundSchedule whole = trunk.Bind(plan);
        BoundSchedule part = branch.Bind(TrainingPlan.OfSteps(100, 5.6));
        for (int step = 0; step < 500; step++)
            part.FactorAt(step).Should().Be(whole.FactorAt(step));
        part.FactorAt(530).Should().BeApproximately(0.5, 1e-15);
        part.FactorAt(560).Should().Be(0);
        branch.ToString().Should().Be("until(warmup(10%) > hold > linear(20%), end=500, run=1000) > cosine(60st)");
        LrSchedule.Parse(branch.ToString()).Should().Be(branch);
    }

    [TestMethod]
    public void Until_BeyondTheInnerEnd_HoldsItsLastValue() => LrSchedule.Parse("until(linear(10st, to=0.4), end=20, run=40) > hold").Over(40)
        .ShouldFollow(t => t < 10 ? 1 - 0.6 * t / 10 : 0.4, 0.4);

    [TestMethod]
    [DataRow("hold", 1000)]
    [DataRow("inverseTime(50st, power=0.5)", 1000)]
    [DataRow("warmup(2ep) > inverseTime(2ep, power=0.5)", 1000)]
    [DataRow("warmup(2ep) > hold > linear(20%)", 800)]
    [DataRow("warmup(2ep) > hold > cosine(3ep)", 700)]
    [DataRow("warmup(2ep) > hold(3ep) > cosine", 500)]
    [DataRow("warmup(2ep) > cosine", 200)]
    [DataRow("warmup(2ep) > cosine(4ep)", 1000)]
    [DataRow("cosine", 0)]
    [DataRow("warmup(10%) > hold", 0)]
    [DataRow("hold(10%) > cosine", 100)]
    [DataRow("exponential(10%, factor=0.5)", 0)]
    [DataRow("exponential(1ep, factor=0.5)", 1000)]
    [DataRow("clamp(warmup(2ep) > cosine, minimum=0.1)", 200)]
    [DataRow("affine(warmup(2ep) > cosine, times=2)", 200)]
    [DataRow("stretch(warmup(2ep) > cosine, factor=1.5)", 300)]
    [DataRow("staircase(warmup(2ep) > hold, every=1ep)", 1000)]
    [DataRow("staircase(warmup(2ep) > hold, every=1%)", 0)]
    [DataRow("warmup(2ep) * hold", 1000)]
    [DataRow("warmup(2ep) * (hold > linear(4ep))", 600)]
    [DataRow("warmup(2ep) * cosine", 0)]
    [DataRow("repeat(linear(1ep), times=4)", 1000)]
    [DataRow("repeat(linear, times=4)", 0)]
    [DataRow("restarts(1ep, lengthFactor=2)", 1000)]
    [DataRow("restarts(1ep, cycles=3)", 1000)]
    [DataRow("restarts(10%)", 0)]
    [DataRow("restarts(1ep, warmup=1%)", 0)]
    [DataRow("triangular(1ep)", 1000)]
    [DataRow("triangular(1ep, down=1%)", 0)]
    [DataRow("triangular(1%, down=1ep)", 0)]
    [DataRow("oneCycle", 0)]
    [DataRow("oneCycle(5ep)", 1000)]
    [DataRow("step(1ep, factor=0.5)", 1000)]
    [DataRow("step(1%, factor=0.5)", 0)]
    [DataRow("multiStep([1ep, 2ep], factor=0.5)", 1000)]
    [DataRow("multiStep([1ep, 20%], factor=0.5)", 0)]
    [DataRow("piecewise([1ep], values=[1, 2])", 1000)]
    [DataRow("piecewise([1%], values=[1, 2])", 0)]
    [DataRow("cosineWave(1ep)", 1000)]
    [DataRow("cosineWave(1%)", 0)]
    [DataRow("polynomialCycles(1ep)", 1000)]
    [DataRow("polynomialCycles(1%)", 0)]
    [DataRow("exponentialWarmup(1ep)", 1000)]
    [DataRow("exponentialWarmup(1%)", 0)]
    [DataRow("radamWarmup(0.99)", 1000)]
    [DataRow("inverseTime(1%)", 0)]
    [DataRow("table([1, 2], every=1ep)", 1000)]
    [DataRow("table([1, 2], every=1%)", 0)]
    [DataRow("chebyshev(4, every=1ep)", 1000)]
    [DataRow("skip(exponential(1ep, factor=0.5), by=1ep)", 1000)]
    [DataRow("skip(exponential(1ep, factor=0.5), by=1%)", 0)]
    [DataRow("until(cosine, end=300, run=1000)", 1000)]
    [DataRow("(warmup(2ep) * hold) > linear(2ep)", 800)]
    [DataRow("skip(exponential(1ep, factor=0.5), by=1ep) > linear(2ep)", 800)]
    [DataRow("repeat(warmup(2ep) > hold, times=2)", 0)]
    [DataRow("restarts(1ep) > linear(2ep)", 800)]
    [DataRow("piecewise([1ep, 20%], values=[1, 2, 3])", 0)]
    public void HorizonFreeSteps_EverySchedule_IsThePrefixThatALongerRunKeeps(string text, int expected)
    {
        LrSchedule schedule = LrSchedule.Parse(text);
        TrainingPlan plan = TrainingPlan.OfSteps(100, 10);
        schedule.HorizonFreeSteps(plan).Should().Be(expected);
        BoundSchedule here = schedule.Bind(plan);
        BoundSchedule longer = schedule.Bind(TrainingPlan.OfSteps(100, 20));
        for (int step = 0; step < expected; step++)
            longer.FactorAt(step).Should().BeApproximately(here.FactorAt(step), 1e-12, "step {0} of {1}", step, text);
    }

    [TestMethod]
    public void HorizonFreeSteps_Function_IsItsFixedLength()
    {
        LrSchedule.Function(u => u, 3.Epochs()).Then(LrSchedule.Cosine()).HorizonFreeSteps(TrainingPlan.OfSteps(100, 10)).Should().Be(300);
        LrSchedule.Function(u => u).HorizonFreeSteps(TrainingPlan.OfSteps(100, 10)).Should().Be(0);
    }

    [TestMethod]
    public void Product_OfShorterParts_HoldsTheirEndsAndNotTheirFormulas()
    {
        "exponential(10st, factor=0.5, over=10st) * linear(40st)".ShouldFollow(40, t => Math.Pow(0.5, Math.Min(1, t / 10)) * (1 - t / 40), 0);
        "linear(40st) * exponential(10st, factor=0.5, over=10st)".ShouldFollow(40, t => Math.Pow(0.5, Math.Min(1, t / 10)) * (1 - t / 40), 0);
        "until(exponential(10st, factor=0.5, over=10st), end=20, run=40) > hold".ShouldFollow(40, t => Math.Pow(0.5, Math.Min(1, t / 10)), 0.5);
    }

    [TestMethod]
    public void Constructors_AtTheirLimits_Accept()
    {
        "clamp(linear, minimum=0.5, maximum=0.5)".ShouldFollow(10, _ => 0.5, 0.5);
        LrSchedule.Parse("until(linear, end=1, run=1) > hold").Over(10).FactorAt(0).Should().Be(1);
        LrSchedule.Chebyshev(1 << 20, 1.Steps()).ToString().Should().Be("chebyshev(1048576, every=1st)");
        LrSchedule.Constant.Invoking(schedule => schedule.ForkDecay(null!, 1, LrSchedule.Constant)).Should().Throw<ArgumentNullException>();
    }

    [TestMethod]
    public void Boundaries_MeantAsWholeSteps_AreThose() =>
        LrSchedule.Parse("hold(7%) > hold(at=0)").Bind(TrainingPlan.OfSteps(100)).FactorAt(7).Should().Be(0, "0.07 * 100 is 7.000000000000001 in doubles");

    [TestMethod]
    public void Equals_AnyFieldChanged_IsNotEqual()
    {
        string[][] families =
        [
            ["multiStep([1ep], factor=0.5)", "multiStep([2ep], factor=0.5)", "multiStep([1ep], factor=0.6)", "multiStep([1ep], factor=0.5, over=3ep)", "multiStep([1ep], factor=0.5, from=0.9)"],
            ["piecewise([1ep], values=[1, 2])", "piecewise([2ep], values=[1, 2])", "piecewise([1ep], values=[1, 3])", "piecewise([1ep], values=[1, 2], between=linear)", "piecewise([1ep], values=[1, 2], over=3ep)"],
            ["table([1, 2], every=1ep)", "table([1, 3], every=1ep)", "table([1, 2], every=2ep)", "table([1, 2, 3], every=1ep)"],
        ];
        foreach (LrSchedule[] family in families.Select(texts => texts.Select(LrSchedule.Parse).ToArray()))
        {
            for (int i = 0; i < family.Length; i++)
            {
                family[i].Equals((LrSchedule?)null).Should().BeFalse();
                for (int j = 0; j < family.Length; j++)
                    (family[i] == family[j]).Should().Be(i == j, "{0} and {1}", family[i], family[j]);
            }
        }
        ((MultiStep)LrSchedule.Parse(families[0][0])).Equals(null).Should().BeFalse();
        ((Piecewise)LrSchedule.Parse(families[1][0])).Equals(null).Should().BeFalse();
        ((Table)LrSchedule.Parse(families[2][0])).Equals(null).Should().BeFalse();
    }
}
