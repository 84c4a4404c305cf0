using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;

namespace NeuralNetworks.Tests;

/// <summary>Networks with made-up weights.</summary>
internal static class Networks
{
    public static Network Mlp(ActivationFunction function, params int[] sizes)
    {
        var layers = new List<Layer>();
        for (int i = 1; i < sizes.Length; i++)
        {
            bool last = i == sizes.Length - 1;
            string name = last ? "output" : $"layers.{i - 1}";
            layers.Add(new Dense(name, sizes[i - 1], sizes[i]));
            if (!last) layers.Add(new Activation($"{name}.activation", sizes[i], function));
        }
        return new Network(layers);
    }

    /// <summary>Weights and biases uniform within 1/sqrt(inputs), scales near 1, buffers positive.</summary>
    public static float[] Weights(Network network, int seed = 1)
    {
        var random = new Random(seed);
        float[] weights = new float[network.Layout.Length];
        foreach (ParameterSlot slot in network.Layout)
        {
            float scale = 1 / MathF.Sqrt(slot.Spec.Shape[0]);
            foreach (ref float value in slot.In(weights.AsSpan())) value = (2 * random.NextSingle() - 1) * scale;
        }
        return weights;
    }

    public static FittedNetwork Fitted(Network network, OutputTransform? output = null, int seed = 1) =>
        new(network, Weights(network, seed), output ?? new LinearOutput(Enumerable.Repeat(1f, network.Outputs).ToArray(), new float[network.Outputs]));

    public static float[] Rows(int rows, int columns, int seed = 2)
    {
        var random = new Random(seed);
        float[] values = new float[rows * columns];
        foreach (ref float value in values.AsSpan()) value = 4 * random.NextSingle() - 2;
        return values;
    }
}
