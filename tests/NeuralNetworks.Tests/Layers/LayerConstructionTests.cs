using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace NeuralNetworks.Tests.Layers;

[TestClass]
public sealed class LayerConstructionTests
{
    private static readonly Dictionary<string, (Action Act, string Message)> Faults = new()
    {
        ["dense of no inputs"] = (() => _ = new Dense("a", 0, 1), "InputSize must be from 1 to 16777216 but was 0.*"),
        ["dense of negative outputs"] = (() => _ = new Dense("a", 1, -1), "OutputSize must be from 1 to 16777216 but was -1.*"),
        ["dense too wide"] = (() => _ = new Dense("a", int.MaxValue, 1), "InputSize must be from 1*"),
        ["no name"] = (() => _ = new Dense("", 1, 1), "Name must not be empty.*"),
        ["name with a slash"] = (() => _ = new Dense("a/b", 1, 1), "Name must consist of letters*'a/b'*"),
        ["unknown function"] = (() => _ = new Activation("a", 1, (ActivationFunction)99), "Function must be one of Relu*but was 99.*"),
        ["rate of one"] = (() => _ = new Dropout("a", 1, 1), "Rate must be at least 0 and less than 1 but was 1.*"),
        ["rate NaN"] = (() => _ = new Dropout("a", 1, float.NaN), "Rate must be at least 0 and less than 1 but was NaN.*"),
        ["epsilon of zero"] = (() => _ = new BatchNorm("a", 1) { Epsilon = 0 }, "Epsilon must be positive and finite but was 0.*"),
        ["momentum of one"] = (() => _ = new BatchNorm("a", 1) { Momentum = 1 }, "Momentum must be at least 0 and less than 1 but was 1.*"),
        ["empty block"] = (() => _ = new Residual("a", []), "block must have at least one layer but had none.*"),
        ["block of other size"] = (() => _ = new Residual("a", [new Dense("b", 2, 3)]), "block must give as many numbers as it takes but takes 2 and gives 3.*"),
        ["block that does not chain"] = (() => _ = new Residual("a", [new Dense("b", 2, 3), new Dense("c", 2, 2)]), "Layer 'c' must take the 3 numbers that 'b' gives but takes 2.*"),
        ["chain"] = (() => _ = new Network([new Dense("b", 2, 3), new Dense("c", 2, 2)]), "Layer 'c' must take the 3 numbers that 'b' gives but takes 2.*"),
        ["no layer"] = (() => _ = new Network([]), "A network must have at least one layer but had none.*"),
        ["same name twice"] = (() => _ = new Network([new Dense("b", 2, 3), new Dense("b", 3, 2)]), "Parameter names must be unique but 'b.weight' came twice.*"),
        ["ensemble of one"] = (() => _ = new EnsembleDense("a", 3, 2, 1, FansOut: true), "Members must be at least 2 but was 1.*"),
        ["ensemble too wide"] = (() => _ = new EnsembleDense("a", 3, 1 << 20, 17, FansOut: true).Outputs, "*must be from 1 to 16777216 but was 17825792.*"),
        ["no categorical column"] = (() => _ = new CategoricalEmbedding("a", 3, []), "columns must not be empty.*"),
        ["column outside"] = (() => _ = new CategoricalEmbedding("a", 3, [new(3, 2, 2)]), "columns must ascend from 0 to less than 3, each once, but was 3 at place 0.*"),
        ["column twice"] = (() => _ = new NumericEmbedding("a", 3, [1, 1], 4, 0, 2), "columns must ascend from 0 to less than 3, each once, but was 1 at place 1.*"),
        ["no indicator"] = (() => _ = new MissingIndicators("a", 3, []), "columns must not be empty.*"),
        ["indicator twice"] = (() => _ = new MissingIndicators("a", 3, [2, 2]), "columns must ascend from 0 to less than 3, each once, but was 2 at place 1.*"),
        ["no encoding"] = (() => _ = new NumericEmbedding("a", 3, [1], 0, 0, 2), "bins and frequencies must not both be 0.*"),
        ["negative bins"] = (() => _ = new NumericEmbedding("a", 3, [1], -1, 0, 2), "bins must be from 0 to 16777216 but was -1.*"),
    };

    public static IEnumerable<object[]> Cases => Faults.Keys.Select(name => new object[] { name });

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Constructor_Fault_SaysWhatMustBe(string fault) =>
        Faults[fault].Act.Should().Throw<ArgumentException>().WithMessage(Faults[fault].Message);

    [TestMethod]
    public void Layout_WithBuffers_PutsThemAfterWhatIsTrained()
    {
        Network network = Networks.OfEveryKind["batchNorm"];

        network.Layout.Select(slot => slot.Spec.Name).Should().Equal(
            "layers.0.weight", "layers.0.bias", "layers.0.norm.weight", "layers.0.norm.bias", "output.weight", "output.bias",
            "layers.0.norm.running_mean", "layers.0.norm.running_var");
        network.Layout.TrainableLength.Should().Be(network.Layout["layers.0.norm.running_mean"].Offset);
        network.Layout.Length.Should().Be(network.Layout.TrainableLength + 64);
    }

    [TestMethod]
    public void Equals_SameContent_IsTrueForEveryKind()
    {
        var one = new CategoricalEmbedding("a", 3, [new(0, 2, 2)]);
        var numeric = new NumericEmbedding("a", 3, [1], 4, 0, 2);

        one.Should().Be(new CategoricalEmbedding("a", 3, [new(0, 2, 2)]));
        one.Should().NotBe(new CategoricalEmbedding("a", 3, [new(1, 2, 2)]));
        numeric.Should().Be(new NumericEmbedding("a", 3, [1], 4, 0, 2));
        numeric.Should().NotBe(new NumericEmbedding("a", 3, [1], 4, 1, 2));
        new MissingIndicators("a", 3, [0, 2]).Should().Be(new MissingIndicators("a", 3, [0, 2]));
        new MissingIndicators("a", 3, [0, 2]).Should().NotBe(new MissingIndicators("a", 3, [0, 1]));
        new Residual("a", [one.AsDense()]).Should().Be(new Residual("a", [one.AsDense()]));
        new Residual("a", [one.AsDense()]).Should().NotBe(new Residual("b", [one.AsDense()]));
    }
}

internal static class LayerConversions
{
    public static Layer AsDense(this Layer layer) => new Dense(layer.Name + ".dense", layer.Inputs, layer.Inputs);
}
