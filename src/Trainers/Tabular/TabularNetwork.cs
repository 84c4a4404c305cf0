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
        int width = encoding.Outputs, shared = options.SharedMembers ?? 1;
        if (options.FrontScale) layers.Add(new Scaling("front", width));
        for (int i = 0; i < options.HiddenLayers.Count; i++)
        {
            int units = options.HiddenLayers[i] * shared;
            layers.Add(Dense($"layers.{i}", options.HiddenLayers[i]));
            layers.Add(options.ParametricActivation
                ? new ParametricActivation($"layers.{i}.activation", units, options.Activation!.Value)
                : new Activation($"layers.{i}.activation", units, options.Activation!.Value));
            if (options.Dropout > 0) layers.Add(new Dropout($"layers.{i}.dropout", units, (float)options.Dropout));
            width = units;
        }
        layers.Add(Dense("output", outputs));
        return new Network(layers);

        Layer Dense(string name, int units)
        {
            if (shared == 1) return new NtkDense(name, width, units);
            bool first = !layers.Any(layer => layer is EnsembleDense);
            return new EnsembleDense(name, first ? width : width / shared, units, shared, FansOut: first);
        }
    }
}
