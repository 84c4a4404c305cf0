using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Safetensors;
using Microsoft.ML.NeuralNetworks.Scoring;
using Microsoft.ML.NeuralNetworks.Serialization;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace NeuralNetworks.Tests;

[TestClass]
public sealed class FittedNetworkTests
{
    [TestMethod]
    public void SaveWeights_TwoNetworks_HoldsEveryTensorByName()
    {
        Network network = Networks.OfEveryKind["batchNorm"];
        var fitted = new FittedNetwork(network, [Networks.Weights(network, 1), Networks.Weights(network, 2)], new LinearOutput(new float[5], new float[5]));
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.safetensors");
        try
        {
            fitted.SaveWeights(path);

            using SafetensorsReader reader = SafetensorsReader.Open(path);
            NetworkJson.Read(reader.Header.Metadata["network"]).Layers.Should().Equal(network.Layers);
            Dictionary<string, Tensor> tensors = reader.ReadTensors().ToDictionary(tensor => tensor.Name);
            tensors.Should().HaveCount(2 * network.Layout.Count);
            tensors["1.layers.0.weight"].Shape.Should().Equal(6, 21);
            for (int member = 0; member < 2; member++)
                foreach (ParameterSlot slot in network.Layout)
                    tensors[$"{member}.{slot.Spec.Name}"].Values<float>().ToArray().Should().Equal(fitted.Parameter(slot.Spec.Name, member).ToArray());
        }
        finally
        {
            File.Delete(path);
        }
    }

    [TestMethod]
    public void Parameter_UnknownName_ListsTheKnownOnes() =>
        FluentActions.Invoking(() => Networks.Fitted(Networks.OfEveryKind["linear"]).Parameter("layers.9.weight").ToArray())
            .Should().Throw<KeyNotFoundException>().WithMessage("*'layers.9.weight'*output.weight, output.bias*");

    [TestMethod]
    public void Predict_ManyRows_EqualsTheScorer()
    {
        FittedNetwork fitted = Networks.Fitted(Networks.OfEveryKind["gelu"]);
        float[] rows = Networks.Rows(100, 6), expected = new float[300], predictions = new float[300];
        new NetworkScorer(fitted).Score(rows, 100, expected);

        fitted.Predict(rows, predictions);

        predictions.Should().Equal(expected);
    }

    [TestMethod]
    [DataRow(7, 3, "rows must hold a multiple of 6 numbers but held 7.*")]
    [DataRow(12, 3, "predictions must have room for 6 numbers, 3 for each of 2 rows, but had 3.*")]
    public void Predict_LengthsThatDoNotFit_SaysWhich(int rows, int predictions, string message) =>
        FluentActions.Invoking(() => Networks.Fitted(Networks.OfEveryKind["gelu"]).Predict(new float[rows], new float[predictions]))
            .Should().Throw<ArgumentException>().WithMessage(message);
}
