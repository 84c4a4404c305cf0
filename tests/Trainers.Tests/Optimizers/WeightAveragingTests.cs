using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.Trainers.Torch.Tests.Optimizers;

[TestClass]
public class WeightAveragingTests
{
    [TestMethod]
    public void EvaluationWeights_Stochastic_IsTheMeanFromTheStartOn() =>
        Averages(WeightAveraging.Stochastic(start: 2, every: 2), 6).Should().BeApproximately((3 + 5) / 2f, 1e-6f);

    [TestMethod]
    public void EvaluationWeights_StochasticNotYetStarted_IsTheWeights() =>
        Averages(WeightAveraging.Stochastic(start: 10), 4).Should().Be(4);

    [TestMethod]
    public void EvaluationWeights_Exponential_FollowsTheRecursion() =>
        Averages(WeightAveraging.Exponential(0.5, warmUp: false), 3).Should().BeApproximately(0.5f * (0.5f * 1 + 0.5f * 2) + 0.5f * 3, 1e-6f);

    [TestMethod]
    public void EvaluationWeights_ExponentialWarmingUp_FollowsFaster() =>
        Averages(WeightAveraging.Exponential(0.999), 2).Should().BeApproximately(1 * 0.25f + 2 * 0.75f, 1e-6f);

    /// <summary>The average after so many steps of weights that are 1, 2, 3, ...</summary>
    private static float Averages(WeightAveraging averaging, int steps)
    {
        Toy<float> toy = new();
        toy.Weights.Span.Clear();
        toy.Gradients.Span.Fill(-1);
        ParameterUpdater updater = UpdaterTests.For(toy, Torch.Optimizers.Sgd(1) with { Averaging = averaging });
        for (int step = 0; step < steps; step++) updater.Step(step);
        float[] average = new float[toy.Weights.Length];
        updater.EvaluationWeights(average);
        updater.HasAverage.Should().BeTrue();
        return average[0];
    }
}
