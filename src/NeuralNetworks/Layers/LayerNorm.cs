using System.Collections.Immutable;

namespace Microsoft.ML.NeuralNetworks.Layers;

/// <summary>
/// y = (x - mean) / sqrt(variance + epsilon) * weight + bias, with the mean and the variance (divided by n) over the numbers of the row.
/// Equals PyTorch's <c>LayerNorm</c>. Ba, Kiros and Hinton 2016, arXiv:1607.06450.
/// </summary>
/// <param name="Name">Prefix of <c>Name.weight</c> and <c>.bias</c>.</param>
/// <param name="Size">Numbers per row, in and out.</param>
public sealed record LayerNorm(string Name, int Size) : Layer(Name)
{
    /// <summary>Numbers per row, in and out.</summary>
    public int Size { get; } = Checks.Size(Size);

    /// <summary>Added to the variance. Default 1e-5.</summary>
    public float Epsilon { get; init => field = Checks.Positive(value, nameof(Epsilon)); } = 1e-5f;

    /// <inheritdoc/>
    public override int Inputs => Size;

    /// <inheritdoc/>
    public override int Outputs => Size;

    /// <inheritdoc/>
    public override ImmutableArray<ParameterSpec> Parameters =>
    [
        new($"{Name}.weight", [Size], ParameterRole.Norm),
        new($"{Name}.bias", [Size], ParameterRole.Norm),
    ];
}
