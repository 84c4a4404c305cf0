using System.Collections.Immutable;

namespace Microsoft.ML.NeuralNetworks.Layers;

/// <summary>
/// One step of a network: an immutable description of a map from <see cref="Inputs"/> numbers to <see cref="Outputs"/>
/// numbers, row by row. It holds no weights: those lie in the network's flat buffer under the names of <see cref="Parameters"/>.
/// How it is computed is known to the scorer (forward) and to the engines (forward and backward), one file per layer kind in each.
/// </summary>
/// <param name="Name">Prefix of its parameters' names, such as <c>layers.0</c>. Unique in a network.</param>
public abstract record Layer(string Name)
{
    /// <summary>Prefix of its parameters' names.</summary>
    public string Name { get; } = Checks.Name(Name);

    /// <summary>How many numbers a row has on the way in.</summary>
    public abstract int Inputs { get; }

    /// <summary>How many numbers a row has on the way out.</summary>
    public abstract int Outputs { get; }

    /// <summary>What it learns and its buffers, in a fixed order; empty for a layer without parameters.</summary>
    public virtual ImmutableArray<ParameterSpec> Parameters => [];
}
