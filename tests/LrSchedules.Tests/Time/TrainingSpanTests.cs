using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.LrSchedules.Tests.Time;

[TestClass]
public class TrainingSpanTests
{
    [TestMethod]
    public void Units_OnNumbers_SayWhatTheyCount()
    {
        (TrainingSpan Span, TrainingUnit Unit, double Value, string Text)[] spans =
        [
            (5.Steps(), TrainingUnit.Steps, 5, "5st"), (5L.Steps(), TrainingUnit.Steps, 5, "5st"), (5.5.Steps(), TrainingUnit.Steps, 5.5, "5.5st"),
            (5.Epochs(), TrainingUnit.Epochs, 5, "5ep"), (0.5.Epochs(), TrainingUnit.Epochs, 0.5, "0.5ep"),
            (0.07.OfRun(), TrainingUnit.OfRun, 0.07, "7%"), (1.0.OfRun(), TrainingUnit.OfRun, 1, "100%"), (1e-10.OfRun(), TrainingUnit.OfRun, 1e-10, "1E-10run"),
            (10_000.Samples(), TrainingUnit.Samples, 10_000, "10000sa"), (10_000L.Samples(), TrainingUnit.Samples, 10_000, "10000sa"), (1.5.Samples(), TrainingUnit.Samples, 1.5, "1.5sa"),
            (7.Tokens(), TrainingUnit.Tokens, 7, "7tok"), (7L.Tokens(), TrainingUnit.Tokens, 7, "7tok"), (2e20.Tokens(), TrainingUnit.Tokens, 2e20, "2E+20tok"),
        ];
        foreach ((TrainingSpan span, TrainingUnit unit, double value, string text) in spans)
        {
            span.Unit.Should().Be(unit);
            span.Value.Should().Be(value);
            span.ToString().Should().Be(text);
            span.Should().Be(TrainingSpan.Of(value, unit));
        }
        default(TrainingSpan).Should().Be(TrainingSpan.Rest);
        TrainingSpan.Rest.ToString().Should().Be("rest");
    }

    [TestMethod]
    [DataRow(0, TrainingUnit.Steps)]
    [DataRow(-1, TrainingUnit.Epochs)]
    [DataRow(double.NaN, TrainingUnit.Samples)]
    [DataRow(double.PositiveInfinity, TrainingUnit.Tokens)]
    public void Of_NotAPositiveNumber_Throws(double value, TrainingUnit unit) =>
        FluentActions.Invoking(() => TrainingSpan.Of(value, unit)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("value must be a finite number above 0 but was*");

    [TestMethod]
    public void Of_BadUnitOrFraction_Throws()
    {
        FluentActions.Invoking(() => TrainingSpan.Of(1, TrainingUnit.Rest)).Should().Throw<ArgumentOutOfRangeException>()
            .WithMessage("unit must be Steps, Epochs, OfRun, Samples or Tokens but was Rest. What is left of the run is TrainingSpan.Rest.*");
        FluentActions.Invoking(() => TrainingSpan.Of(1, (TrainingUnit)6)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => 1.01.OfRun()).Should().Throw<ArgumentOutOfRangeException>();
    }
}
