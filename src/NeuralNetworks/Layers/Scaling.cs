using System.Collections.Immutable;

namespace Microsoft.ML.NeuralNetworks.Layers;

/// <summary>
/// y = x * weight, one learned factor per number: a network can turn the volume of each feature up or down, and does so fast when the
/// factors have a higher rate than the rest. Holzmueller, Grinsztajn and Steinwart 2024, Better by default, arXiv:2407.04491.
/// </summary>
/// <param name="Name">Prefix of <c>Name.weight</c>; training starts it at 1.</param>
/// <param name="Size">Numbers per row, in and out.</param>
public sealed record Scaling(string Name, int Size) : Layer(Name)
{
    /// <summary>Numbers per row, in and out.</summary>
    public int Size { get; } = Checks.Size(Size);

    /// <inheritdoc/>
    public override int Inputs => Size;

    /// <inheritdoc/>
    public override int Outputs => Size;

    /// <inheritdoc/>
    public override ImmutableArray<ParameterSpec> Parameters => [new($"{Name}.weight", [Size], ParameterRole.Norm)];
}
