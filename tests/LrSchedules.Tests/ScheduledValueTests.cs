using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.LrSchedules.Tests;

[TestClass]
public class ScheduledValueTests
{
    private static readonly TrainingPlan Plan = TrainingPlan.OfSteps(10, 1);

    [TestMethod]
    public void Conversion_FromANumber_IsConstant()
    {
        ScheduledValue momentum = 0.9;
        momentum.IsConstant.Should().BeTrue();
        momentum.ToString().Should().Be("0.9");
        momentum.Bind(Plan).At(5).Should().Be(0.9);
        default(ScheduledValue).Bind(Plan).At(0).Should().Be(0);
        FluentActions.Invoking(() => new ScheduledValue(double.NaN)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("value must be a finite number but was NaN. A hyper-parameter is a number.*");
    }

    [TestMethod]
    public void Following_ASchedule_IsTheProduct()
    {
        ScheduledValue momentum = 0.95.Following(LrSchedule.Linear(to: 0.5));
        momentum.IsConstant.Should().BeFalse();
        momentum.Bind(Plan).At(5).Should().BeApproximately(0.95 * 0.75, 1e-15);
        momentum.ToString().Should().Be("0.95 * linear(to=0.5)");
        momentum.Should().Be(new ScheduledValue(0.95, LrSchedule.Parse("linear(to=0.5)")));
        FluentActions.Invoking(() => 0.9.Following(null!)).Should().Throw<ArgumentNullException>();
    }

    [TestMethod]
    public void Following_AbsoluteLevels_AreValuesOfThisNumber() =>
        0.95.Following(LrSchedule.Linear(toRate: 0.85)).Bind(Plan).At(10).Should().BeApproximately(0.85, 1e-15);

    [TestMethod]
    public void LayerwiseDecay_Layers_FallTowardsTheFirst()
    {
        new LayerwiseDecay(0.5).FactorOf(3, 3).Should().Be(1);
        new LayerwiseDecay(0.5).FactorOf(0, 3).Should().Be(0.125);
        new LayerwiseDecay(0.5, 0.2).FactorOf(0, 3).Should().Be(0.2);
        FluentActions.Invoking(() => new LayerwiseDecay(0)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("decay must be above 0 and at most 1 but was 0. 0.75 is usual for fine-tuning.*");
        FluentActions.Invoking(() => new LayerwiseDecay(1.1)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => new LayerwiseDecay(0.5, 1.5)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("minimum must be between 0 and 1 but was 1.5. It is a factor of the head's rate.*");
        new LayerwiseDecay(1).Invoking(decay => decay.FactorOf(4, 3)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("layer must be between 0 and 3 but was 4. The head has the largest number.*");
        new LayerwiseDecay(1).Invoking(decay => decay.FactorOf(-1, 3)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [TestMethod]
    public void Bind_ZeroWithAnAbsoluteLevel_SaysThatThereIsNoPeak() =>
        0.0.Following(LrSchedule.Linear(toRate: 0.85)).Invoking(value => value.Bind(Plan)).Should().Throw<InvalidOperationException>().WithMessage("peakRate must be given*");
}
