using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.NeuralNetworks.Scoring;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace NeuralNetworks.Tests.Scoring;

[TestClass]
public sealed class LayerTests
{
    public static IEnumerable<object[]> Kinds => Networks.OfEveryKind.Keys.Select(kind => new object[] { kind });

    // Ordinary rows, category codes, values at and beyond edges, and missing values where the network takes them.
    private static float[] RowsFor(Network network, int count)
    {
        float[] rows = Networks.Rows(count, network.Inputs);
        for (int i = 0; i < rows.Length; i += 3) rows[i] = i % 9;
        for (int i = 1; i < rows.Length; i += 11) rows[i] = -50;
        for (int i = 2; i < rows.Length; i += 13) rows[i] = 1e6f;
        if (network.Layers[0] is MissingValues or MissingIndicators)
            for (int i = 0; i < rows.Length; i += 7) rows[i] = float.NaN;
        return rows;
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void Score_EveryKindOfLayer_EqualsDoublePrecision(string kind)
    {
        Network network = Networks.OfEveryKind[kind];
        FittedNetwork fitted = Networks.Fitted(network);
        const int Rows = 70;
        float[] rows = RowsFor(network, Rows), predictions = new float[Rows * network.Outputs];

        new NetworkScorer(fitted).Score(rows, Rows, predictions);

        for (int row = 0; row < Rows; row++)
        {
            ReadOnlySpan<float> features = rows.AsSpan(row * network.Inputs, network.Inputs);
            double[] expected = Reference.Forward(network, fitted.Weights(), features);
            // Rounding grows with the size of what is added up on the way.
            float largest = 1;
            foreach (float feature in features) if (!float.IsNaN(feature)) largest = MathF.Max(largest, MathF.Abs(feature));
            for (int j = 0; j < expected.Length; j++)
                ((double)predictions[row * expected.Length + j]).Should().BeApproximately(expected[j], 3e-6 * largest, $"row {row}");
        }
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void Score_EveryKindOfLayer_RowEqualsBatchBitForBit(string kind)
    {
        Network network = Networks.OfEveryKind[kind];
        var scorer = new NetworkScorer(Networks.Fitted(network));
        const int Rows = 70;
        float[] rows = RowsFor(network, Rows), together = new float[Rows * network.Outputs], alone = new float[Rows * network.Outputs];

        scorer.Score(rows, Rows, together);
        for (int row = 0; row < Rows; row++)
            scorer.Score(rows.AsSpan(row * network.Inputs, network.Inputs), alone.AsSpan(row * network.Outputs));

        alone.Select(BitConverter.SingleToUInt32Bits).Should().Equal(together.Select(BitConverter.SingleToUInt32Bits));
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void Score_EveryKindOfLayer_AllocatesNothing(string kind)
    {
        Network network = Networks.OfEveryKind[kind];
        var scorer = new NetworkScorer(Networks.Fitted(network));
        float[] row = RowsFor(network, 1), prediction = new float[network.Outputs];
        scorer.Score(row, prediction);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++) scorer.Score(row, prediction);

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0);
    }

    [TestMethod]
    [DataRow(float.PositiveInfinity)]
    [DataRow(float.NegativeInfinity)]
    public void Score_InfiniteNumberIntoNumericEmbedding_StaysFinite(float value)
    {
        Network network = Networks.OfEveryKind["tabular"];
        float[] row = new float[6], prediction = new float[1];
        row[2] = value;

        new NetworkScorer(Networks.Fitted(network)).Score(row, prediction);

        float.IsFinite(prediction[0]).Should().BeTrue();
    }
}
