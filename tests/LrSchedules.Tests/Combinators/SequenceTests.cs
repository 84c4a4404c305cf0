using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.LrSchedules.Tests.Combinators;

[TestClass]
public class SequenceTests
{
    private static readonly TrainingPlan Plan = TrainingPlan.OfSteps(10, 35);

    [TestMethod]
    public void FactorAt_WarmupHoldCosine_FollowsTheFormulas()
    {
        BoundSchedule bound = LrSchedule.Warmup(5.Epochs()).Hold(10.Epochs()).Cosine(20.Epochs(), to: 0.01).Bind(Plan);
        bound.FactorAt(0).Should().Be(0);
        bound.FactorAt(25).Should().Be(0.5);
        bound.FactorAt(50).Should().Be(1);
        bound.FactorAt(149).Should().Be(1);
        bound.FactorAt(250).Should().BeApproximately(0.505, 1e-15);
        bound.FactorAt(350).Should().Be(0.01);
        bound.FactorAt(long.MaxValue).Should().Be(0.01);
    }

    [TestMethod]
    public void Hold_WithoutALength_TakesWhatIsLeft()
    {
        BoundSchedule bound = LrSchedule.Warmup(5.Epochs()).Hold().Linear(0.2.OfRun(), to: 0).Bind(Plan);
        bound.FactorAt(280).Should().Be(1);
        bound.FactorAt(315).Should().Be(0.5);
    }

    [TestMethod]
    public void Then_NestedEitherWay_IsTheSameValue()
    {
        LrSchedule a = LrSchedule.Warmup(1.Epochs()), b = LrSchedule.Hold(2.Epochs()), c = LrSchedule.Cosine();
        a.Then(b).Then(c).Should().Be(a.Then(b.Then(c)));
    }

    [TestMethod]
    public void Bind_LongerThanTheRun_SaysTheNumbers() =>
        LrSchedule.Warmup(30.Epochs()).Cosine(6.Epochs()).Invoking(schedule => schedule.Bind(Plan)).Should().Throw<ArgumentException>()
            .WithMessage("The schedule must be at most 350 steps long but was 360: *");

    [TestMethod]
    public void Bind_TwoRests_Throws() =>
        LrSchedule.Hold().Cosine().Invoking(schedule => schedule.Bind(Plan)).Should().Throw<ArgumentException>()
            .WithMessage("The schedule must have at most one part that takes the rest of the run but had 2: hold > cosine. Give the others a length.");

    [TestMethod]
    public void Bind_ExactlyTheRunInRoundedParts_IsAccepted() =>
        LrSchedule.Hold(0.7.OfRun()).Hold(0.2.OfRun()).Linear(0.1.OfRun(), to: 0.5).Linear(1e-10.Steps(), to: 0.25).Bind(Plan).FactorAt(351).Should().Be(0.25);

    [TestMethod]
    public void Bind_AHairLongerThanTheRun_Throws() =>
        LrSchedule.Hold(350.Steps()).Linear(1e-8.Steps()).Invoking(schedule => schedule.Bind(Plan)).Should().Throw<ArgumentException>().WithMessage("The schedule must be at most 350 steps long but was 350.00000001: *");

    [TestMethod]
    public void Bind_NestedInACombinator_ChecksTheLengthThere() =>
        LrSchedule.Hold(300.Steps()).Then(LrSchedule.Parse("affine(hold(30st) > linear(30st), times=1)")).Invoking(schedule => schedule.Bind(Plan)).Should().Throw<ArgumentException>()
            .WithMessage("The schedule must be at most 350 steps long but was 360: hold(300st) > affine(hold(30st) > linear(30st)). Train longer, or write lengths as fractions of the run.");

    [TestMethod]
    public void Equals_OtherPartsOrOrder_IsNotEqual()
    {
        LrSchedule ab = LrSchedule.Parse("warmup(1ep) > cosine");
        ab.Should().NotBe(LrSchedule.Parse("warmup(1ep) > linear"));
        ab.Should().NotBe(LrSchedule.Parse("warmup(1ep) > cosine > hold(1ep)"));
        ab.GetHashCode().Should().Be(LrSchedule.Parse("warmup(1ep) > cosine").GetHashCode());
        ab.GetHashCode().Should().NotBe(LrSchedule.Parse("warmup(2ep) > cosine").GetHashCode());
    }

    [TestMethod]
    public void Bind_NullOrBadPeak_Throws()
    {
        LrSchedule.Constant.Invoking(schedule => schedule.Bind(null!)).Should().Throw<ArgumentNullException>();
        LrSchedule.Constant.Invoking(schedule => schedule.Then(null!)).Should().Throw<ArgumentNullException>();
        LrSchedule.Constant.Invoking(schedule => schedule.Bind(Plan, 0)).Should().Throw<ArgumentOutOfRangeException>()
            .WithMessage("peakRate must be a finite number above 0 but was 0. The peak rate is the optimizer's learning rate.*");
    }

    [TestMethod]
    public void Bind_NothingLeftForTheRest_Throws() =>
        LrSchedule.Warmup(35.Epochs()).Cosine().Invoking(schedule => schedule.Bind(Plan)).Should().Throw<ArgumentException>()
            .WithMessage("The schedule must leave some of its 350 steps*");

    [TestMethod]
    public void FactorAt_NegativeStep_Throws() =>
        LrSchedule.Constant.Bind(Plan).Invoking(bound => bound.FactorAt(-1)).Should().Throw<ArgumentOutOfRangeException>();

    [TestMethod]
    public void Bind_AbsoluteLevelWithoutPeakRate_Throws() =>
        LrSchedule.Cosine(toRate: 1e-6).Invoking(schedule => schedule.Bind(Plan)).Should().Throw<InvalidOperationException>().WithMessage("peakRate must be given to Bind*");

    [TestMethod]
    public void Bind_AbsoluteLevel_IsDividedByThePeakRate() =>
        LrSchedule.Cosine(toRate: 1e-6).Bind(Plan, peakRate: 1e-3).FactorAt(350).Should().BeApproximately(1e-3, 1e-18);
}
