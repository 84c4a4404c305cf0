using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.LrSchedules.Tests.Segments;

[TestClass]
public class SegmentTests
{
    [TestMethod]
    public void Warmup_Linear_StartsAtZero() => "warmup(40st)".ShouldFollow(40, t => t / 40, 1);

    [TestMethod]
    public void Warmup_AboveStart_EndsOneStepEarlier() => "warmup(40st, firstStep=aboveStart)".ShouldFollow(40, t => (t + 1) / 40, 1);

    [TestMethod]
    public void Warmup_FractionalAboveStart_NeverPassesTheEnd() => "warmup(39.5st, firstStep=aboveStart)".ShouldFollow(40, t => Math.Min(1, (t + 1) / 39.5), 1);

    [TestMethod]
    public void Warmup_FromTo_GoesBetween() => "warmup(40st, from=0.2, to=0.6)".ShouldFollow(40, t => 0.2 + 0.4 * t / 40, 0.6);

    [TestMethod]
    public void Warmup_FractionalLength_KeepsTheFraction() =>
        "warmup(3.5st) > linear(rest, to=0)".ShouldFollow(10, t => t < 3.5 ? t / 3.5 : 1 - (t - 3.5) / 6.5, 0);

    [TestMethod]
    public void Hold_AfterAWarmup_KeepsItsEnd() => "warmup(10st, to=0.5) > hold".ShouldFollow(30, t => t < 10 ? t / 20 : 0.5, 0.5);

    [TestMethod]
    public void Hold_At_IsThatValue() => "hold(10st, at=0.3) > hold(at=0.7)".ShouldFollow(30, t => t < 10 ? 0.3 : 0.7, 0.7);

    [TestMethod]
    public void Linear_FromTo_GoesBetween() => "linear(40st, to=0.2, from=0.8)".ShouldFollow(40, t => 0.8 - 0.6 * t / 40, 0.2);

    [TestMethod]
    public void Linear_LastStep_TrainsTheEndValue() => "linear(40st, to=0.2, endAt=lastStep)".ShouldFollow(40, t => 1 - 0.8 * t / 39, 0.2);

    [TestMethod]
    public void Linear_LastStepOfOne_IsTheEndValue() => "linear(1st, to=0.2, endAt=lastStep)".ShouldFollow(1, _ => 0.2, 0.2);

    [TestMethod]
    public void Decay_ShorterThanTheRun_HoldsItsEnd() => "cosine(20st, to=0.1)".ShouldFollow(40, t => t < 20 ? 0.1 + 0.9 * (1 + Math.Cos(Math.PI * t / 20)) / 2 : 0.1, 0.1);

    [TestMethod]
    public void Polynomial_Power_IsOfWhatIsLeft() => "polynomial(40st, power=3)".ShouldFollow(40, t => Math.Pow(1 - t / 40, 3), 0);

    [TestMethod]
    public void Geometric_HasEqualFactors() => LrSchedule.Geometric(40.Steps(), to: 0.01).Over(40).ShouldFollow(t => Math.Pow(0.01, t / 40), 0.01);

    [TestMethod]
    public void Linear_InverseScale_IsInverseTime() => "linear(40st, to=0.1, scale=inverse)".ShouldFollow(40, t => 1 / (1 + 9 * t / 40), 0.1);

    [TestMethod]
    [DataRow("linear(40st, to=0, scale=log)", "from and to must be above 0 on the Log scale but were 1 and 0. Use a small value instead of 0, or the plain scale.")]
    [DataRow("linear(40st, to=1, from=0, scale=inverse)", "from and to must be above 0 on the Inverse scale but were 0 and 1. Use a small value instead of 0, or the plain scale.")]
    public void Bind_ZeroOnALogScale_Throws(string text, string message) =>
        LrSchedule.Parse(text).Invoking(schedule => schedule.Over(40)).Should().Throw<ArgumentException>().WithMessage(message);

    [TestMethod]
    public void Exponential_HasTheFactorPerPeriod() => "exponential(10st, factor=0.5)".ShouldFollow(40, t => Math.Pow(0.5, t / 10), 0.0625);

    [TestMethod]
    public void Exponential_OverAndFrom_HoldsItsEnd() =>
        "exponential(10st, factor=0.5, over=20st, from=0.8)".ShouldFollow(40, t => t < 20 ? 0.8 * Math.Pow(0.5, t / 10) : 0.2, 0.2);

    [TestMethod]
    public void Step_FallsAtEachPeriod() => "step(10st, factor=0.5)".ShouldFollow(35, t => Math.Pow(0.5, Math.Floor(t / 10)), 0.125);

    [TestMethod]
    public void Step_OverAndFrom_CountsTheFallAtItsEnd() => "step(10st, factor=0.5, over=20st, from=0.8)".ShouldFollow(40, t => t < 10 ? 0.8 : t < 20 ? 0.4 : 0.2, 0.2);

    [TestMethod]
    public void MultiStep_UnsortedAndRepeated_CountsEach() =>
        "multiStep([30st, 10st, 10st], factor=0.5)".ShouldFollow(40, t => t < 10 ? 1 : t < 30 ? 0.25 : 0.125, 0.125);

    [TestMethod]
    public void MultiStep_From_StartsThere() => "multiStep([10st], factor=0.5, from=0.4, over=30st)".ShouldFollow(40, t => t < 10 ? 0.4 : 0.2, 0.2);

    [TestMethod]
    public void InverseTime_PowerOne_HalvesAfterTheScale() => "inverseTime(10st)".ShouldFollow(40, t => 1 / (1 + t / 10), 0.2);

    [TestMethod]
    public void InverseTime_Half_IsInverseSquareRoot() => LrSchedule.InverseSquareRoot(10.Steps()).Over(40).ShouldFollow(t => 1 / Math.Sqrt(1 + t / 10), 1 / Math.Sqrt(5));

    [TestMethod]
    public void InverseTime_OtherPowers_AreTaken() => "inverseTime(10st, power=2, over=20st, from=0.5)".ShouldFollow(40, t => t < 20 ? 0.5 / Math.Pow(1 + t / 10, 2) : 0.5 / 9, 0.5 / 9);

    [TestMethod]
    public void CosineWave_RisesAgain() => "cosineWave(10st, to=0.2)".ShouldFollow(40, t => 0.2 + 0.8 * (1 + Math.Cos(Math.PI * t / 10)) / 2, 1);

    [TestMethod]
    public void CosineWave_OverAndFrom_HoldsItsEnd() =>
        "cosineWave(10st, to=0.2, over=15st, from=0.6)".ShouldFollow(40, t => 0.2 + 0.4 * (1 + Math.Cos(Math.PI * Math.Min(t, 15) / 10)) / 2, 0.4);

    [TestMethod]
    public void ExponentialWarmup_SlowsDown() => "exponentialWarmup(10st)".ShouldFollow(40, t => 1 - Math.Exp(-(t + 1) / 10), 1 - Math.Exp(-4.1));

    [TestMethod]
    public void RAdamWarmup_IsTheRectificationTerm()
    {
        const double limit = 2 / (1 - 0.999) - 1;
        double Rho(double n) => limit - 2 * n * Math.Pow(0.999, n) / (1 - Math.Pow(0.999, n));
        int first = Enumerable.Range(1, 10).First(n => Rho(n) > 4);
        double Term(double t) => Math.Sqrt((Rho(t + first) - 4) * (Rho(t + first) - 2) * limit / ((limit - 4) * (limit - 2) * Rho(t + first)));
        "radamWarmup(0.999)".ShouldFollow(40, Term, Term(40));
    }

    [TestMethod]
    public void Table_HoldsEachValue() => "table([1, 0.5, 0.25], every=10st)".ShouldFollow(50, t => t < 10 ? 1 : t < 20 ? 0.5 : 0.25, 0.25);

    [TestMethod]
    public void Piecewise_Constant_ChangesAtThePosition() => "piecewise([10st, 25st], values=[1, 0.5, 0.1])".ShouldFollow(40, t => t < 10 ? 1 : t < 25 ? 0.5 : 0.1, 0.1);

    [TestMethod]
    public void Piecewise_Linear_Interpolates() =>
        "piecewise([10st, 30st], values=[0, 1, 0.5], between=linear)".ShouldFollow(40, t => t < 10 ? t / 10 : t < 30 ? 1 - 0.5 * (t - 10) / 20 : 0.5, 0.5);

    [TestMethod]
    public void Piecewise_Cosine_Interpolates() =>
        "piecewise([20st], values=[1, 0.5], between=cosine)".ShouldFollow(40, t => 0.5 + 0.5 * (1 + Math.Cos(Math.PI * Math.Min(t, 20) / 20)) / 2, 0.5);

    [TestMethod]
    public void Function_GetsThePartOfItsLength() =>
        LrSchedule.Function(u => 1 - u * u, 20.Steps()).Over(40).ShouldFollow(t => t < 20 ? 1 - t * t / 400 : 0, 0);

    [TestMethod]
    public void Function_NotFinite_Throws() =>
        LrSchedule.Hold(5.Steps()).Function(u => 1 / (u - 0.5)).Over(25).Invoking(bound => bound.FactorAt(15)).Should().Throw<InvalidOperationException>()
            .WithMessage("The function of a schedule must return a finite number but returned Infinity at 0.5 of its length. Guard against logarithms and divisions at the ends.");

    [TestMethod]
    public void PolynomialCycles_StretchesAtEachMultiple() =>
        "polynomialCycles(10st, power=2, to=0.1)".ShouldFollow(40, t => 0.1 + 0.9 * Math.Pow(1 - t / (10 * Math.Max(1, Math.Ceiling(t / 10))), 2), 0.1);

    [TestMethod]
    public void Levels_Absolute_AreDividedByThePeak()
    {
        LrSchedule.Parse("warmup(20st, fromRate=0.02) > cosine(20st, toRate=0.01)").Over(40, 0.1)
            .ShouldFollow(t => t < 20 ? 0.2 + 0.8 * t / 20 : 0.1 + 0.9 * (1 + Math.Cos(Math.PI * (t - 20) / 20)) / 2, 0.1);
        LrSchedule.Hold(atRate: 0.05).Over(10, 0.1).ShouldFollow(_ => 0.5, 0.5);
    }

    [TestMethod]
    public void Verbs_OnASchedule_AppendTheStaticOnes()
    {
        LrSchedule first = LrSchedule.Hold(10.Steps());
        TrainingSpan span = 5.Steps();
        (LrSchedule Instance, LrSchedule Static)[] pairs =
        [
            (first.Hold(span, 0.5), LrSchedule.Hold(span, 0.5)),
            (first.Hold(span, atRate: 0.5), LrSchedule.Hold(span, atRate: 0.5)),
            (first.Warmup(span, 0.1, 0.9, Shape.Cosine(), FirstStep.AboveStart), LrSchedule.Warmup(span, 0.1, 0.9, Shape.Cosine(), FirstStep.AboveStart)),
            (first.Warmup(span, fromRate: 0.1), LrSchedule.Warmup(span, fromRate: 0.1)),
            (first.Decay(span, Shape.OneMinusSqrt, 0.1, 0.9, EndAt.LastStep), LrSchedule.Decay(span, Shape.OneMinusSqrt, 0.1, 0.9, EndAt.LastStep)),
            (first.Linear(span, 0.1, 0.9, EndAt.LastStep), LrSchedule.Linear(span, 0.1, 0.9, EndAt.LastStep)),
            (first.Cosine(span, toRate: 0.1), LrSchedule.Cosine(span, toRate: 0.1)),
            (first.Polynomial(span, 2, 0.1), LrSchedule.Polynomial(span, 2, 0.1)),
            (first.Geometric(span, 0.1), LrSchedule.Geometric(span, 0.1)),
            (first.Exponential(0.9, span), LrSchedule.Exponential(0.9, span)),
            (first.Step(span, 0.9), LrSchedule.Step(span, 0.9)),
            (first.MultiStep([span], 0.9), LrSchedule.MultiStep([span], 0.9)),
            (first.InverseTime(span, 2), LrSchedule.InverseTime(span, 2)),
            (first.InverseSquareRoot(span), LrSchedule.InverseSquareRoot(span)),
            (first.CosineWave(span, toRate: 0.1), LrSchedule.CosineWave(span, toRate: 0.1)),
            (first.ExponentialWarmup(span), LrSchedule.ExponentialWarmup(span)),
            (first.RAdamWarmup(0.99), LrSchedule.RAdamWarmup(0.99)),
            (first.Table([1, 2], span), LrSchedule.Table([1, 2], span)),
            (first.Piecewise([span], [1, 2], Between.Cosine), LrSchedule.Piecewise([span], [1, 2], Between.Cosine)),
            (first.PolynomialCycles(span, 2, 0.1), LrSchedule.PolynomialCycles(span, 2, 0.1)),
            (first.Triangular(span, span, 0.1, 0.9), LrSchedule.Triangular(span, span, 0.1, 0.9)),
            (first.CosineRestarts(span, 0.1, 2, 0.5, 3), LrSchedule.CosineRestarts(span, 0.1, 2, 0.5, 3)),
            (first.Restarts(span, Shape.Rex(), 0.1, 2, 0.5, 3, 2.Steps()), LrSchedule.Restarts(span, Shape.Rex(), 0.1, 2, 0.5, 3, 2.Steps())),
            (first.OneCycle(span, 0.4, 0.1), LrSchedule.OneCycle(span, 0.4, 0.1)),
            (first.Chebyshev(8, span), LrSchedule.Chebyshev(8, span)),
        ];
        foreach ((LrSchedule instance, LrSchedule other) in pairs)
            instance.Should().Be(first.Then(other)).And.NotBe(other);
        pairs.Select(pair => pair.Instance.ToString()).Should().OnlyHaveUniqueItems();
    }

    [TestMethod]
    public void FactorAt_Ends_AreExact()
    {
        foreach (double value in new[] { 0.1, 0.04, 1.0 / 3, 0.7, 1e-9 })
        {
            LrSchedule.Linear(10.Steps(), to: value).Over(20).FactorAt(10).Should().Be(value);
            LrSchedule.Linear(10.Steps(), to: 1, from: value).Over(20).FactorAt(0).Should().Be(value);
            LrSchedule.Warmup(10.Steps(), value, 0.3).Over(20).FactorAt(0).Should().Be(value);
            LrSchedule.Warmup(10.Steps(), 0.3, value).Over(20).FactorAt(10).Should().Be(value);
            LrSchedule.Linear(10.Steps(), to: value, from: value).Over(20).FactorAt(3).Should().Be(value);
            LrSchedule.OneCycle(from: value).Over(20).FactorAt(0).Should().Be(value);
        }
    }

    [TestMethod]
    public void Linear_InverseScaleFromHalf_StartsThere() => "linear(40st, to=0.1, from=0.5, scale=inverse)".ShouldFollow(40, t => 1 / (2 + 8 * t / 40), 0.1);

    [TestMethod]
    [DataRow("piecewise([20st, 10st], values=[1, 2, 3])", "The positions of a piecewise schedule must ascend but position 2 is at step 10 and the one before at 20: piecewise([20st, 10st], values=[1, 2, 3]). Sort them.")]
    [DataRow("piecewise([1ep, 10st], values=[1, 2, 3])", "The positions of a piecewise schedule must ascend but position 2 is at step 10 and the one before at 10: *")]
    public void Bind_PositionsNotAscending_Throws(string text, string message) =>
        LrSchedule.Parse(text).Invoking(schedule => schedule.Over(40)).Should().Throw<ArgumentException>().WithMessage(message);

    [TestMethod]
    public void Tables_NotFinite_Throw()
    {
        FluentActions.Invoking(() => LrSchedule.Table([1, double.NaN], 1.Steps())).Should().Throw<ArgumentOutOfRangeException>().WithMessage("value must be a finite number but was NaN. A table holds factors of the peak rate.*");
        FluentActions.Invoking(() => LrSchedule.Piecewise([1.Steps()], [1, double.NaN])).Should().Throw<ArgumentOutOfRangeException>();
    }

    [TestMethod]
    public void OneCycle_ShapeOnASchedule_IsTaken() =>
        LrSchedule.Hold(1.Steps()).OneCycle(shape: Shape.Linear).Should().Be(LrSchedule.Parse("hold(1st) > oneCycle(shape=linear)"));

    [TestMethod]
    public void Restarts_ShapeThatEndsAboveZero_HoldsTheLastCyclesEnd() =>
        "restarts(10st, shape=tanh(lower=-1, upper=1), heightFactor=0.5, cycles=2) > hold".ShouldFollow(30, t =>
            t < 20 ? (t < 10 ? 1 : 0.5) * (1 - Math.Tanh(-1 + 2 * (t % 10) / 10)) / 2 : 0.5 * (1 - Math.Tanh(1)) / 2, 0.5 * (1 - Math.Tanh(1)) / 2);
}
