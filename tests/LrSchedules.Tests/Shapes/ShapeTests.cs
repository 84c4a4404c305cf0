using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.LrSchedules.Tests.Shapes;

[TestClass]
public class ShapeTests
{
    private static IEnumerable<object[]> Formulas() =>
    [
        [Shape.Linear, (Func<double, double>)(u => 1 - u)],
        [Shape.Polynomial(0.9), (Func<double, double>)(u => Math.Pow(1 - u, 0.9))],
        [Shape.Polynomial(1), (Func<double, double>)(u => 1 - u)],
        [Shape.Cosine(), (Func<double, double>)(u => (1 + Math.Cos(Math.PI * u)) / 2)],
        [Shape.Cosine(exponent: 2), (Func<double, double>)(u => Math.Pow((1 + Math.Cos(Math.PI * u)) / 2, 2))],
        [Shape.Cosine(halfWaves: 3), (Func<double, double>)(u => (1 + Math.Cos(3 * Math.PI * u)) / 2)],
        [Shape.OneMinusSqrt, (Func<double, double>)(u => 1 - Math.Sqrt(u))],
        [Shape.OneMinusSquare, (Func<double, double>)(u => 1 - u * u)],
        [Shape.OneMinusPower(3), (Func<double, double>)(u => 1 - u * u * u)],
        [Shape.Tanh(), (Func<double, double>)(u => (1 - Math.Tanh(-7 * (1 - u) + 3 * u)) / 2)],
        [Shape.Tanh(-4, 2), (Func<double, double>)(u => (1 - Math.Tanh(-4 + 6 * u)) / 2)],
        [Shape.Rex(), (Func<double, double>)(u => (1 - u) / (0.5 + 0.5 * (1 - u)))],
        [Shape.Rex(0.9), (Func<double, double>)(u => (1 - u) / (0.1 + 0.9 * (1 - u)))],
        [Shape.CosLog(), (Func<double, double>)(u => (1 - Math.Cos(2 * Math.PI * Math.Log2(1 + 15 * u))) / 2)],
        [Shape.CosLog(2), (Func<double, double>)(u => (1 - Math.Cos(2 * Math.PI * Math.Log2(1 + 3 * u))) / 2)],
        [Shape.Cosine().KDecay(2), (Func<double, double>)(u => (1 + Math.Cos(Math.PI * u * u)) / 2)],
    ];

    [TestMethod]
    [DynamicData(nameof(Formulas))]
    public void Left_EveryShape_FollowsItsFormula(Shape shape, Func<double, double> formula)
    {
        for (double u = 0; u <= 1; u += 1.0 / 64)
            shape.Left(u).Should().BeApproximately(formula(u), 1e-14, "{0} at {1}", shape, u);
    }

    [TestMethod]
    [DynamicData(nameof(Formulas))]
    public void Rise_EveryShape_IsTheShapeBackwards(Shape shape, Func<double, double> formula)
    {
        BoundSchedule warmup = LrSchedule.Warmup(64.Steps(), shape: shape).Bind(TrainingPlan.OfSteps(64));
        for (int t = 0; t < 64; t++)
            warmup.FactorAt(t).Should().BeApproximately(formula(1 - t / 64.0), 1e-14, "{0} at {1}", shape, t);
    }

    [TestMethod]
    [DynamicData(nameof(Formulas))]
    public void Equals_TheSameShapeAgain_IsEqualAndHasTheSameText(Shape shape, Func<double, double> formula)
    {
        Shape again = LrSchedule.Parse($"warmup(5ep, shape={shape})") is Warmup warmup ? warmup.Shape : throw new InvalidOperationException();
        again.Should().Be(shape);
        again.GetHashCode().Should().Be(shape.GetHashCode());
        formula(0).Should().BeInRange(0, 1);
    }

    [TestMethod]
    public void KDecay_One_IsTheShapeItself() => Shape.Linear.KDecay(1).Should().BeSameAs(Shape.Linear);

    [TestMethod]
    public void Cosine_Plain_IsOneValue() => Shape.Cosine().Should().BeSameAs(Shape.Cosine(1, 1));

    [TestMethod]
    [DataRow("polynomial(1ep, power=0)", "power must be a finite number above 0 but was 0. 1 is a straight line, 2 a parabola.")]
    [DataRow("cosine(1ep, exponent=0)", "exponent must be a finite number above 0 but was 0. 1 is the plain cosine.")]
    [DataRow("cosine(1ep, halfWaves=-1)", "halfWaves must be a finite number above 0 but was -1. 1 is the plain cosine, which falls once.")]
    [DataRow("oneMinusPower(1ep, power=0)", "power must be a finite number above 0 but was 0. 0.5 is 1-sqrt, 2 is 1-square.")]
    [DataRow("tanh(1ep, lower=3, upper=3)", "upper must be above lower, 3, but was 3. The curve falls from lower to upper.")]
    [DataRow("tanh(1ep, lower=4, upper=3)", "upper must be above lower, 4, but was 3. The curve falls from lower to upper.")]
    [DataRow("rex(1ep, beta=1)", "beta must be at least 0 and below 1 but was 1. The paper uses 0.5.")]
    [DataRow("rex(1ep, beta=-0.1)", "beta must be at least 0 and below 1 but was -0.1. The paper uses 0.5.")]
    [DataRow("cosLog(1ep, waves=0)", "waves must be between 1 and 30 but was 0. The paper uses 4.")]
    [DataRow("cosLog(1ep, waves=31)", "waves must be between 1 and 30 but was 31. The paper uses 4.")]
    [DataRow("kDecay(1ep, shape=linear, k=0)", "k must be a finite number above 0 but was 0. 1 is the plain shape.")]
    public void Constructor_OutOfRange_SaysTheRule(string text, string message) =>
        FluentActions.Invoking(() => LrSchedule.Parse(text)).Should().Throw<FormatException>().WithMessage($"*{message}*");

    [TestMethod]
    public void Factories_LimitsOfRanges_AreAccepted()
    {
        Shape.Rex(0).Left(0.25).Should().Be(0.75);
        Shape.CosLog(1).Left(0).Should().Be(0);
        Shape.CosLog(30).Left(0).Should().Be(0);
    }
}
