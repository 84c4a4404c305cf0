using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.Trainers.Torch.Tabular;

/// <summary>The network of the recipe.</summary>
internal static class TabularNetwork
{
    /// <param name="encoding">The front.</param>
    /// <param name="options">Resolved.</param>
    /// <param name="outputs">Numbers per row out.</param>
    public static Network Build(TabularEncoding encoding, TorchTabularOptions options, int outputs)
    {
        List<Layer> layers = [.. encoding.Layers];
        int width = encoding.Outputs;
        if (options.FrontScale) layers.Add(new Scaling("front", width));
        for (int i = 0; i < options.HiddenLayers.Count; i++)
        {
            int units = options.HiddenLayers[i];
            layers.Add(new NtkDense($"layers.{i}", width, units));
            layers.Add(options.ParametricActivation
                ? new ParametricActivation($"layers.{i}.activation", units, options.Activation!.Value)
                : new Activation($"layers.{i}.activation", units, options.Activation!.Value));
            if (options.Dropout > 0) layers.Add(new Dropout($"layers.{i}.dropout", units, (float)options.Dropout));
            width = units;
        }
        layers.Add(new NtkDense("output", width, outputs));
        return new Network(layers);
    }
}
