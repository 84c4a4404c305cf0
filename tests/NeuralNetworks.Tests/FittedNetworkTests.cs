using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Safetensors;
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
}
