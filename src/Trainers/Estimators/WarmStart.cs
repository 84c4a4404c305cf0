using Microsoft.ML.NeuralNetworks;

namespace Microsoft.ML.Trainers.Torch.Estimators;

/// <summary>Training that goes on from a fitted model.</summary>
internal static class WarmStart
{
    /// <exception cref="ArgumentException">The model's network is not the one that the options describe.</exception>
    public static float[] WeightsOf(FittedNetwork start, Network network)
    {
        if (!start.Network.Layers.SequenceEqual(network.Layers))
            throw new ArgumentException($"The model to start from must have the layers {Text(network)} but has {Text(start.Network)}. Use the options it was trained with.");
        return start.Weights().ToArray();
    }

    private static string Text(Network network) => string.Join(" > ", network.Layers.Select(layer => $"{layer.GetType().Name} {layer.Inputs}->{layer.Outputs}"));
}
