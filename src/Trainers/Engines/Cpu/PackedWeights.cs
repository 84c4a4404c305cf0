using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>
/// The weights in the order in which the passes read them, made anew before each pass, and where the numbers of each row lie. The parts of a batch share one,
/// or have one each.
/// </summary>
internal sealed class PackedWeights
{
    private readonly List<DenseWeights> packed = [];
    private readonly List<string> names = [];
    private readonly bool largeByLibtorch;

    /// <param name="network">Whose layers they are.</param>
    /// <param name="located">Bins and fractions of the training rows, where they are kept.</param>
    /// <param name="largeByLibtorch">Whether <see cref="LargeProducts"/> are libtorch's.</param>
    /// <param name="passesBack">Whether the gradient of the network's inputs is asked for.</param>
    public PackedWeights(Network network, LocatedRows? located, bool largeByLibtorch, bool passesBack = false)
    {
        Located = located;
        this.largeByLibtorch = largeByLibtorch;
        bool learnsInFront = passesBack;
        Collect(network.Layers, network.Layout, ref learnsInFront);
    }

    /// <summary>The dense layers' weights, by the layer's name.</summary>
    public Dictionary<string, DenseWeights> OfLayer { get; } = new(StringComparer.Ordinal);

    /// <summary>Bins and fractions of the training rows, where they are kept.</summary>
    public LocatedRows? Located { get; }

    /// <summary>The layer's number, depth first: the same for every engine.</summary>
    public int Number(Layer layer) => names.IndexOf(layer.Name);

    /// <summary>One share of the packing.</summary>
    public void Pack(ReadOnlySpan<float> weights, bool training, int part, int parts)
    {
        foreach (DenseWeights layer in packed) layer.Pack(weights, training, part, parts);
    }

    private void Collect(IEnumerable<Layer> layers, ParameterLayout layout, ref bool learnsInFront)
    {
        foreach (Layer layer in layers)
        {
            names.Add(layer.Name);
            if (layer is Residual residual)
            {
                Collect(residual.Block, layout, ref learnsInFront);
                continue;
            }
            if (layer is Dense or NtkDense or EnsembleDense)
            {
                var weights = new DenseWeights(layer, layout, learnsInFront, largeByLibtorch && LargeProducts.Has(layer));
                packed.Add(weights);
                OfLayer.Add(layer.Name, weights);
            }
            learnsInFront |= layer.Parameters.Any(spec => spec.IsTrainable);
        }
    }
}
