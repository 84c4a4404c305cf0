using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.Trainers.Torch.Tests.Optimizers;

[TestClass]
public class GradientClippingTests
{
    private static readonly ParameterLayout Layout = new(
        [new("a.weight", [2, 2], ParameterRole.Weight), new("a.bias", [2], ParameterRole.Bias)]);

    [TestMethod]
    public void BeginStep_NormAboveTheLimit_ScalesAll() =>
        Clipped(new() { Norm = 1 }, [3, 0, 0, 0], [4, 0]).Should().Equal([0.6f, 0, 0, 0, 0.8f, 0]);

    [TestMethod]
    public void BeginStep_NormBelowTheLimit_ChangesNothing() =>
        Clipped(new() { Norm = 10 }, [3, 0, 0, 0], [4, 0]).Should().Equal([3, 0, 0, 0, 4, 0]);

    [TestMethod]
    public void BeginStep_GroupNorm_ScalesEachGroup() =>
        Clipped(new() { GroupNorm = 2 }, [3, 0, 0, 0], [1, 0], [new("*.bias")]).Should().Equal([2, 0, 0, 0, 1, 0]);

    [TestMethod]
    public void BeginStep_Value_ClipsEach() =>
        Clipped(new() { Value = 0.5 }, [3, -4, 0.25f, 0], [1, -0.1f]).Should().Equal([0.5f, -0.5f, 0.25f, 0, 0.5f, -0.1f]);

    [TestMethod]
    public void BeginStep_Centralize_TakesTheMeanOfEachOutput() =>
        Clipped(new() { Centralize = true }, [1, 10, 3, 20], [5, 6]).Should().Equal([-1, -5, 1, 5, 5, 6]);

    [TestMethod]
    public void BeginStep_Adaptive_ClipsByTheWeightsOfEachOutput()
    {
        // Weights are 1: each output of the matrix has norm sqrt(2), the bias sqrt(2).
        float[] got = Clipped(new() { Adaptive = 0.5 }, [3, 0.1f, 4, 0.1f], [0, 7]);

        float limit = 0.5f * MathF.Sqrt(2);
        got[0].Should().BeApproximately(limit * 0.6f, 1e-6f);
        got[2].Should().BeApproximately(limit * 0.8f, 1e-6f);
        got[1].Should().Be(0.1f);
        got[5].Should().BeApproximately(limit, 1e-6f);
    }

    [TestMethod]
    public void BeginStep_Closure_IsClippedToo()
    {
        float[] weights = new float[Layout.Length], gradients = new float[Layout.Length];
        ParameterUpdater updater = new(Torch.Optimizers.LBfgs(0.1, iterations: 3), [], null, TrainingPlan.OfSteps(4), Layout, weights, gradients, new() { Norm = 1e-3 });
        Func<double> loss = () =>
        {
            gradients.AsSpan().Fill(100);
            return 1;
        };

        loss();
        updater.Step(0, loss);

        Math.Sqrt(gradients.Sum(gradient => (double)gradient * gradient)).Should().BeLessThan(2e-3);
    }

    [TestMethod]
    [DataRow(0.0)]
    [DataRow(-1.0)]
    [DataRow(double.NaN)]
    [DataRow(double.PositiveInfinity)]
    public void Norm_OutOfRange_Throws(double value)
    {
        Action make = () => _ = new GradientClipping { Norm = value };

        make.Should().Throw<ArgumentOutOfRangeException>().WithMessage("Norm must be a finite number above 0 but was*");
    }

    private static float[] Clipped(GradientClipping clipping, float[] matrix, float[] bias, IReadOnlyList<ParameterGroup>? groups = null)
    {
        float[] weights = new float[Layout.Length], gradients = new float[Layout.Length];
        Layout[0].In(weights.AsSpan()).Fill(1);
        Layout[1].In(weights.AsSpan()).Fill(1);
        matrix.CopyTo(Layout[0].In(gradients.AsSpan()));
        bias.CopyTo(Layout[1].In(gradients.AsSpan()));
        ParameterUpdater updater = new(Torch.Optimizers.Sgd(0), groups ?? [], null, TrainingPlan.OfSteps(4), Layout, weights, gradients, clipping);

        updater.BeginStep(0);

        return [.. Layout[0].In<float>(gradients), .. Layout[1].In<float>(gradients)];
    }
}
