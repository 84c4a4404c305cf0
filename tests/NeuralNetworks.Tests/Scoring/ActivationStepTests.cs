using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.NeuralNetworks.Scoring;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace NeuralNetworks.Tests.Scoring;

[TestClass]
public sealed class ActivationStepTests
{
    public static IEnumerable<object[]> Functions => Enum.GetValues<ActivationFunction>().Select(function => new object[] { function });

    [TestMethod]
    [DynamicData(nameof(Functions))]
    public void Apply_FromMinus30To30_EqualsDoublePrecision(ActivationFunction function)
    {
        float[] x = [.. Enumerable.Range(-4800, 9600).Select(i => i / 160f)];
        float[] y = new float[x.Length];

        ActivationStep.Apply(function, x, y);

        for (int i = 0; i < x.Length; i++)
        {
            double expected = Reference.Activate(function, x[i]);
            ((double)y[i]).Should().BeApproximately(expected, 1e-12 + 2e-6 * Math.Abs(expected), $"{function}({x[i]})");
        }
    }

    [TestMethod]
    [DynamicData(nameof(Functions))]
    public void Apply_HugeAndInfinite_StaysWithoutNaN(ActivationFunction function)
    {
        float[] x = [.. new[] { float.MaxValue, -float.MaxValue, 1e30f, -1e30f, 200, -200, 0, -0f }, .. new float[8]];
        float[] y = new float[16];

        ActivationStep.Apply(function, x, y);

        y.Should().NotContain(value => float.IsNaN(value));
    }

    [TestMethod]
    [DynamicData(nameof(Functions))]
    public void Apply_NaN_StaysNaN(ActivationFunction function)
    {
        float[] x = new float[16];
        x[3] = float.NaN;
        float[] y = new float[16];

        ActivationStep.Apply(function, x, y);

        y[3].Should().Be(float.NaN);
    }
}
