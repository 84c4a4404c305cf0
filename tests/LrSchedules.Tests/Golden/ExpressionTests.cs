using Golden.Curves;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.LrSchedules.Tests.GoldenCurves;

[TestClass]
public class ExpressionTests
{
    [TestMethod]
    [DataRow("0.9**t", 2, 0.81)]
    [DataRow("1/(1+t//5)", 11, 1 / 3.0)]
    [DataRow("-2**2 + 7 % 4", 0, -1)]
    [DataRow("0.5*(1+math.cos(math.pi*t/10))", 5, 0.5)]
    [DataRow("min(1, (t+1)/5) * 1e-1", 1, 0.04)]
    [DataRow("t/5 if t < 5 else 0.5**((t-5)//2)", 3, 0.6)]
    [DataRow("t/5 if t < 5 else 0.5**((t-5)//2)", 8, 0.5)]
    [DataRow("2**-t", 3, 0.125)]
    public void Evaluate_PythonArithmetic_IsThat(string text, double t, double expected) => Expression.Evaluate(text, t).Should().BeApproximately(expected, 1e-15);
}
