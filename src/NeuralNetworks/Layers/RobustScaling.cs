using System.Collections.Immutable;

namespace Microsoft.ML.NeuralNetworks.Layers;

/// <summary>
/// u = (x - center) * scale, y = u / sqrt(1 + (u / 3)^2): near the center like standardisation, far from it never beyond 3 in size.
/// Fitted to the training rows: center = median and scale = 1 / (third quartile - first quartile) for numbers,
/// center = 0 and scale = 2 for one-hot columns. Holzmueller, Grinsztajn and Steinwart 2024, Better by default, arXiv:2407.04491.
/// </summary>
/// <param name="Name">Prefix of the buffers <c>Name.center</c> and <c>.scale</c>.</param>
/// <param name="Size">Numbers per row, in and out.</param>
public sealed record RobustScaling(string Name, int Size) : Layer(Name)
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
        new($"{Name}.center", [Size], ParameterRole.Buffer),
        new($"{Name}.scale", [Size], ParameterRole.Buffer),
    ];
}
