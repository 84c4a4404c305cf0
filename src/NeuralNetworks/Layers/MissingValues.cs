using System.Collections.Immutable;

namespace Microsoft.ML.NeuralNetworks.Layers;

/// <summary>y = x, or the column's replacement where x is NaN. Fitted to the training rows: the median or mean of each column.</summary>
/// <param name="Name">Prefix of the buffer <c>Name.replacement</c>.</param>
/// <param name="Size">Numbers per row, in and out.</param>
public sealed record MissingValues(string Name, int Size) : Layer(Name)
{
    /// <summary>Numbers per row, in and out.</summary>
    public int Size { get; } = Checks.Size(Size);

    /// <inheritdoc/>
    public override int Inputs => Size;

    /// <inheritdoc/>
    public override int Outputs => Size;

    /// <inheritdoc/>
    public override ImmutableArray<ParameterSpec> Parameters => [new($"{Name}.replacement", [Size], ParameterRole.Buffer)];
}
