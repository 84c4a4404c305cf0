using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Tests.Engines.Cpu;
using Microsoft.ML.Trainers.Torch.Training;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.Trainers.Torch.Tests.Training;

[TestClass]
public sealed class InitializerTests
{
    [TestMethod]
    public void Fill_Default_IsUniformInTheOrderOfTheLayout()
    {
        Network network = Cases.Mlp(ActivationFunction.Relu, 3, 4, 2);
        float[] weights = new float[network.Layout.Length];
        Initializer.Fill(network, weights, seed: 12);

        var random = new RandomStream(12, RandomStream.Purpose.Weights);
        foreach (float value in network.Layout["layers.0.weight"].In(weights.AsSpan())) value.Should().Be((float)random.NextDouble(-Math.Sqrt(2), Math.Sqrt(2)));
        foreach (float value in network.Layout["layers.2.weight"].In(weights.AsSpan())) value.Should().Be((float)random.NextDouble(-Math.Sqrt(0.75), Math.Sqrt(0.75)));
        network.Layout["layers.0.bias"].In(weights.AsSpan()).ToArray().Should().OnlyContain(value => value == 0);
    }

    [TestMethod]
    [DataRow(WeightInitialization.Kaiming, 2.0 / 200, 1.0 / 300, false)]
    [DataRow(WeightInitialization.KaimingNormal, 2.0 / 200, 1.0 / 300, true)]
    [DataRow(WeightInitialization.Xavier, 2.0 / 500, 2.0 / 340, false)]
    [DataRow(WeightInitialization.XavierNormal, 2.0 / 500, 2.0 / 340, true)]
    public void Fill_EachKind_HasItsVarianceAndShape(WeightInitialization kind, double hidden, double output, bool normal)
    {
        Network network = Cases.Mlp(ActivationFunction.Tanh, 200, 300, 40);
        float[] weights = new float[network.Layout.Length];
        Initializer.Fill(network, weights, seed: 3, kind);
        Check("layers.0.weight", hidden);
        Check("layers.2.weight", output);

        void Check(string name, double variance)
        {
            double[] values = [.. network.Layout[name].In(weights.AsSpan()).ToArray().Select(value => (double)value)];
            double measured = values.Average(value => value * value);
            measured.Should().BeApproximately(variance, 0.05 * variance);
            // The fourth moment tells a normal distribution (3) from a uniform one (1.8).
            (values.Average(value => value * value * value * value) / (measured * measured)).Should().BeApproximately(normal ? 3 : 1.8, 0.15);
        }
    }

    [TestMethod]
    public void DataDriven_EveryUnit_HasADeviationOfOneAndBendsAmongTheRows()
    {
        var network = new Network(
        [
            new Dense("layers.0", 5, 24), new Activation("layers.0.activation", 24, ActivationFunction.Silu),
            new Residual("layers.1", [new LayerNorm("layers.1.norm", 24), new Dense("layers.1", 24, 24), new Activation("layers.1.activation", 24, ActivationFunction.Relu)]),
            new Dense("output", 24, 2),
        ]);
        TrainingData data = Cases.Data(500, 5);
        for (int i = 0; i < 500; i++) data.Features.Span[i * 5] *= 1000;
        float[] weights = Torch.Tabular.FirstWeights.Of(network, null, data, WeightInitialization.DataDriven, seed: 2);

        var random = new RandomStream(1, RandomStream.Purpose.Weights);
        LayerValues rows = LayerValues.Sample(data, 500, ref random);
        rows = rows.Through(network.Layers[0], network.Layout, weights);
        Check(rows, 24);
        rows = rows.Through(network.Layers[1], network.Layout, weights);
        var block = (Residual)network.Layers[2];
        Check(rows.Through(block.Block[0], network.Layout, weights).Through(block.Block[1], network.Layout, weights), 24);
        Check(rows.Through(block, network.Layout, weights).Through(network.Layers[3], network.Layout, weights), 2);

        static void Check(LayerValues values, int units)
        {
            for (int unit = 0; unit < units; unit++)
            {
                double[] column = [.. Enumerable.Range(0, values.Rows).Select(row => (double)values[row, unit])];
                double mean = column.Average();
                Math.Sqrt(column.Average(value => (value - mean) * (value - mean))).Should().BeApproximately(1, 1e-3);
                column.Min().Should().BeLessThan(0);
                column.Max().Should().BeGreaterThan(0);
            }
        }
    }
}
