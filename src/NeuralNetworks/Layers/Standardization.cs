using System.Collections.Immutable;

namespace Microsoft.ML.NeuralNetworks.Layers;

/// <summary>y = (x - mean) * scale with fixed numbers per column, fitted to the training rows: scale = 1 / standard deviation.</summary>
/// <param name="Name">Prefix of the buffers <c>Name.mean</c> and <c>.scale</c>.</param>
/// <param name="Size">Numbers per row, in and out.</param>
public sealed record Standardization(string Name, int Size) : Layer(Name)
{
    /// <summary>Numbers per row, in and out.</summary>
    public int Size { get; } = Checks.Size(Size);

    /// <inheritdoc/>
    public override int Inputs => Size;

    /// <inheritdoc/>
    public override int Outputs => Size;

    /// <inheritdoc/>
    public override ImmutableArray<ParameterSpec> Parameters =>
    [
        new($"{Name}.mean", [Size], ParameterRole.Buffer),
        new($"{Name}.scale", [Size], ParameterRole.Buffer),
    ];
}
