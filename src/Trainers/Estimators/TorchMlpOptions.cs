using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Options of <c>TorchMlp</c>: a multilayer perceptron. Its parameters are <c>layers.0.weight</c>, <c>layers.0.bias</c>, ... for the
/// hidden layers and <c>output.weight</c>, <c>output.bias</c>.
/// </summary>
public sealed class TorchMlpOptions : TrainingOptions
{
    /// <summary>Units of each hidden layer, each at least 1. Default 128, 128. Empty: a linear model.</summary>
    public IReadOnlyList<int> HiddenLayers
    {
        get;
        set
        {
            foreach (int units in Require.NotNull(value, "Use an empty list for a linear model."))
                Require.AtLeast(1, units, "A layer has at least one unit.");
            field = [.. value];
        }
    } = [128, 128];

    /// <summary>The function after each hidden layer. Default ReLU.</summary>
    public ActivationFunction Activation { get; set; } = ActivationFunction.Relu;

    internal override Network BuildNetwork(int inputs, int outputs)
    {
        var layers = new List<Layer>();
        for (int i = 0; i < HiddenLayers.Count; i++)
        {
            int units = HiddenLayers[i];
            layers.Add(new Dense($"layers.{i}", i == 0 ? inputs : HiddenLayers[i - 1], units));
            layers.Add(new Activation($"layers.{i}.activation", units, Activation));
        }
        layers.Add(new Dense("output", HiddenLayers.Count == 0 ? inputs : HiddenLayers[^1], outputs));
        return new Network(layers);
    }
}
