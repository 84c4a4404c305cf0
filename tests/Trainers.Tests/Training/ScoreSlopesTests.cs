using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Training;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.Trainers.Torch.Tests.Training;

/// <summary>Derivatives of predictions by raw outputs. The oracle is central differences of the prediction itself.</summary>
[TestClass]
public sealed class ScoreSlopesTests
{
    private const float Step = 1f / 64;

    public static IEnumerable<object[]> Outputs() =>
    [
        ["linear", new LinearOutput(2.5f, 1), 1, 1],
        ["linear, 3 networks, 2 numbers", new LinearOutput([2.5f, 0.5f], [1, 0]), 2, 3],
        ["clamped", new LinearOutput(1, 0) { Minimum = -0.1f, Maximum = 0.1f }, 1, 4],
        ["ascending", new LinearOutput([1, 1, 1], [0, 0, 0]) { Ascending = true }, 3, 2],
        ["exponential", new ExponentialOutput(0.5f), 1, 2],
        ["logistic", new LogisticOutput(), 1, 1],
        ["logistic, 3 networks", new LogisticOutput(), 1, 3],
        ["two outputs", new LogisticOutput(TwoOutputs: true), 2, 1],
        ["two outputs, 2 networks", new LogisticOutput(TwoOutputs: true), 2, 2],
        ["softmax", new SoftmaxOutput(), 4, 1],
        ["softmax, 2 networks", new SoftmaxOutput(), 4, 2],
    ];

    [TestMethod]
    [DynamicData(nameof(Outputs))]
    public void Of_EveryOutput_EqualsFiniteDifferences(string name, OutputTransform output, int own, int networks)
    {
        var random = new Random(3);
        for (int round = 0; round < 10; round++)
        {
            float[] raw = [.. Enumerable.Range(0, own * networks).Select(_ => MathF.Round((4 * random.NextSingle() - 2) / Step) * Step + Step / 2)];
            for (int place = 0; place < output.Predictions(own); place++)
            {
                float[] slopes = new float[raw.Length];
                ScoreSlopes.Of(output, raw, networks, place, slopes);
                for (int i = 0; i < raw.Length; i++)
                {
                    double expected = (Predict(i, Step / 4) - Predict(i, -Step / 4)) / (Step / 2);
                    ((double)slopes[i]).Should().BeApproximately(expected, 1e-4 * Math.Max(1, Math.Abs(expected)), "{0}: number {1} by output {2}", name, place, i);
                }

                double Predict(int index, float by)
                {
                    float[] moved = [.. raw];
                    moved[index] += by;
                    float[] prediction = new float[output.Predictions(own)];
                    output.Apply(moved, networks, prediction);
                    return prediction[place];
                }
            }
        }
    }
}
