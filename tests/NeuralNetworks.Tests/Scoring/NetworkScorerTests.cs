using Microsoft.ML.Data;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.NeuralNetworks.Scoring;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace NeuralNetworks.Tests.Scoring;

[TestClass]
public sealed class NetworkScorerTests
{
    [TestMethod]
    [DataRow(new[] { 1, 1 })]
    [DataRow(new[] { 10, 1 })]
    [DataRow(new[] { 3, 5, 2 })]
    [DataRow(new[] { 28, 128, 128, 1 })]
    [DataRow(new[] { 17, 33, 100, 10 })]
    [DataRow(new[] { 40, 129, 7, 3 })]
    public void Score_Mlp_EqualsDoublePrecision(int[] sizes)
    {
        FittedNetwork fitted = Networks.Fitted(Networks.Mlp(ActivationFunction.Relu, sizes));
        float[] rows = Networks.Rows(5, sizes[0]);
        var scorer = new NetworkScorer(fitted);
        float[] prediction = new float[sizes[^1]];

        for (int row = 0; row < 5; row++)
        {
            scorer.Score(rows.AsSpan(row * sizes[0], sizes[0]), prediction);
            double[] expected = Reference.Forward(fitted.Network, fitted.Weights(), rows.AsSpan(row * sizes[0], sizes[0]));
            for (int j = 0; j < prediction.Length; j++)
                ((double)prediction[j]).Should().BeApproximately(expected[j], 1e-6 + 1e-5 * Math.Abs(expected[j]));
        }
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(7)]
    [DataRow(8)]
    [DataRow(64)]
    [DataRow(203)]
    public void Score_Batch_EqualsRowsBitForBit(int rows)
    {
        FittedNetwork fitted = Networks.Fitted(Networks.Mlp(ActivationFunction.Gelu, 28, 130, 40, 2));
        float[] features = Networks.Rows(rows, 28);
        var scorer = new NetworkScorer(fitted);
        float[] together = new float[rows * 2], alone = new float[rows * 2];

        scorer.Score(features, rows, together);
        for (int row = 0; row < rows; row++) scorer.Score(features.AsSpan(row * 28, 28), alone.AsSpan(row * 2, 2));

        together.Should().Equal(alone);
    }

    [TestMethod]
    [DataRow(128, 128)]
    [DataRow(100, 131)]
    [DataRow(700, 40)]
    public void Score_BatchAfterRectifier_EqualsRowsThatSkipZerosBitForBit(int first, int second)
    {
        FittedNetwork fitted = Networks.Fitted(Networks.Mlp(ActivationFunction.Relu, 28, first, second, 3));
        float[] features = Networks.Rows(20, 28);
        var scorer = new NetworkScorer(fitted);
        float[] together = new float[60], alone = new float[60];

        scorer.Score(features, 20, together);
        for (int row = 0; row < 20; row++) scorer.Score(features.AsSpan(row * 28, 28), alone.AsSpan(row * 3, 3));

        together.Should().Equal(alone);
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(4)]
    [DataRow(5)]
    [DataRow(64)]
    public void Score_SparseRow_EqualsDenseRow(int hidden)
    {
        FittedNetwork fitted = Networks.Fitted(Networks.Mlp(ActivationFunction.Relu, 50, hidden, 1));
        var scorer = new NetworkScorer(fitted);
        var sparse = new VBuffer<float>(50, 3, [1.5f, -2f, 0.25f], [0, 17, 49]);
        VBuffer<float> dense = default;
        sparse.CopyToDense(ref dense);
        float[] fromSparse = new float[1], fromDense = new float[1];

        scorer.Score(in sparse, fromSparse);
        scorer.Score(in dense, fromDense);

        fromSparse[0].Should().BeApproximately(fromDense[0], 1e-6f);
    }

    [TestMethod]
    public void Score_SparseRowIntoActivation_FillsZeros()
    {
        var network = new Network([new Activation("a", 4, ActivationFunction.Sigmoid)]);
        var scorer = new NetworkScorer(new FittedNetwork(network, Array.Empty<float>(), new LinearOutput([1, 1, 1, 1], [0, 0, 0, 0])));
        float[] prediction = new float[4];
        var first = new VBuffer<float>(4, 1, [5f], [0]);
        var second = new VBuffer<float>(4, 1, [0f], [3]);

        scorer.Score(in first, prediction);
        scorer.Score(in second, prediction);

        prediction.Should().Equal(0.5f, 0.5f, 0.5f, 0.5f);
    }

    [TestMethod]
    public void Score_WrongLength_NamesBoth()
    {
        var scorer = new NetworkScorer(Networks.Fitted(Networks.Mlp(ActivationFunction.Relu, 5, 3, 1)));
        var row = new VBuffer<float>(4, [1f, 2, 3, 4]);

        Action act = () => scorer.Score(in row, new float[1]);

        act.Should().Throw<ArgumentException>().WithMessage("The feature vector must have 5 values but had 4.*");
    }

    [TestMethod]
    public void Score_Rows_AllocatesNothing()
    {
        FittedNetwork fitted = Networks.Fitted(Networks.Mlp(ActivationFunction.Gelu, 28, 128, 128, 1));
        var scorer = new NetworkScorer(fitted);
        float[] row = Networks.Rows(1, 28), rows = Networks.Rows(100, 28), prediction = new float[100];
        scorer.Score(row, prediction);
        scorer.Score(rows, 100, prediction);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++) scorer.Score(row, prediction);
        scorer.Score(rows, 100, prediction);

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0);
    }

    [TestMethod]
    public void Score_EightThreads_EqualsOne()
    {
        FittedNetwork fitted = Networks.Fitted(Networks.Mlp(ActivationFunction.Tanh, 10, 64, 1));
        float[] rows = Networks.Rows(200, 10);
        float[] Run()
        {
            float[] predictions = new float[200];
            var scorer = new NetworkScorer(fitted);
            for (int row = 0; row < 200; row++) scorer.Score(rows.AsSpan(row * 10, 10), predictions.AsSpan(row));
            return predictions;
        }
        float[] expected = Run();

        float[][] results = [.. Enumerable.Range(0, 8).AsParallel().WithDegreeOfParallelism(8).Select(_ => Run())];

        results.Should().AllSatisfy(result => result.Should().Equal(expected));
    }

    [TestMethod]
    public void Score_TwoMembers_AveragesThem()
    {
        Network network = Networks.Mlp(ActivationFunction.Relu, 6, 20, 1);
        float[] row = Networks.Rows(1, 6), one = new float[1], two = new float[1], both = new float[1];
        new NetworkScorer(Networks.Fitted(network, seed: 1)).Score(row, one);
        new NetworkScorer(Networks.Fitted(network, seed: 2)).Score(row, two);

        new NetworkScorer(new FittedNetwork(network, [Networks.Weights(network, 1), Networks.Weights(network, 2)], new LinearOutput())).Score(row, both);

        both[0].Should().BeApproximately((one[0] + two[0]) / 2, 1e-6f);
    }
}
