using System.Collections.Immutable;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.NeuralNetworks;

/// <summary>The shape of a network: its layers in order, and where their parameters lie. It holds no weights.</summary>
public sealed class Network
{
    /// <summary>Chains the layers.</summary>
    /// <exception cref="ArgumentException">There is no layer, or a layer does not take what the one before it gives.</exception>
    public Network(IEnumerable<Layer> layers)
    {
        ArgumentNullException.ThrowIfNull(layers);
        Layers = [.. layers];
        if (Layers.IsEmpty) throw new ArgumentException("A network must have at least one layer but had none.", nameof(layers));
        CheckChain(Layers, nameof(layers));
        Layout = new ParameterLayout(Layers.SelectMany(layer => layer.Parameters));
    }

    /// <summary>The layers, from input to output.</summary>
    public ImmutableArray<Layer> Layers { get; }

    /// <summary>Where each parameter lies in the flat buffer of weights.</summary>
    public ParameterLayout Layout { get; }

    /// <summary>Numbers per row in: the length of the feature vector.</summary>
    public int Inputs => Layers[0].Inputs;

    /// <summary>Numbers per row out: of an ensemble those of all its members, one member after the other.</summary>
    public int Outputs => Layers[^1].Outputs;

    /// <summary>The members whose outputs <see cref="Outputs"/> counts: more than 1 where the last layer is an <see cref="EnsembleDense"/>.</summary>
    internal int Members => Layers[^1] is EnsembleDense ensemble ? ensemble.Members : 1;

    internal static void CheckChain(ImmutableArray<Layer> layers, string name)
    {
        for (int i = 1; i < layers.Length; i++)
            if (layers[i].Inputs != layers[i - 1].Outputs)
                throw new ArgumentException($"Layer '{layers[i].Name}' must take the {layers[i - 1].Outputs} numbers that '{layers[i - 1].Name}' gives but takes {layers[i].Inputs}.", name);
    }
}
