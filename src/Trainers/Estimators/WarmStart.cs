using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.Trainers.Torch.Estimators;

/// <summary>Training that goes on from a fitted model.</summary>
internal static class WarmStart
{
    /// <summary>
    /// The model's network and weights. What stands in front of the network was fitted to the rows of the model, and stays as it is.
    /// </summary>
    /// <exception cref="ArgumentException">The model's network is not the one that the options describe.</exception>
    public static (Network Network, float[] Weights) From(FittedNetwork start, TrainingOptions options, int inputs, int outputs)
    {
        bool hasFront = options is NetworkOptions { HasFront: true };
        int front = hasFront ? start.Network.Layers.TakeWhile(IsFront).Count() : 0;
        int width = front == 0 ? inputs : start.Network.Layers[front - 1].Outputs;
        Network expected = options.BuildNetwork(width, outputs);
        if (start.Network.Inputs != inputs || hasFront != front > 0 || !start.Network.Layers.Skip(front).SequenceEqual(expected.Layers))
            throw new ArgumentException(
                $"The model to start from must take {inputs} features and have the layers {(hasFront ? "of its inputs and then " : "")}{Text(expected.Layers)} but takes {start.Network.Inputs} and has {Text(start.Network.Layers)}. Use the options it was trained with.");
        return (start.Network, start.Weights().ToArray());
    }

    private static bool IsFront(Layer layer) =>
        layer is MissingIndicators or MissingValues or CategoricalEmbedding or Standardization or RobustScaling or NumericEmbedding;

    private static string Text(IEnumerable<Layer> layers) => string.Join(" > ", layers.Select(layer => $"{layer.GetType().Name} {layer.Inputs}->{layer.Outputs}"));
}
