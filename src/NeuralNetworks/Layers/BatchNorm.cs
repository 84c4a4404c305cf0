using System.Collections.Immutable;

namespace Microsoft.ML.NeuralNetworks.Layers;

/// <summary>
/// y = (x - mean) / sqrt(variance + epsilon) * weight + bias for each number of a row. In training, mean and variance (divided by n) are
/// those of the batch, and the running ones move towards them: r = (1 - momentum) r + momentum * batch's, with the variance divided by
/// n - 1; in scoring they are the running ones. Equals PyTorch's <c>BatchNorm1d</c>. Ioffe and Szegedy 2015, arXiv:1502.03167.
/// </summary>
/// <param name="Name">Prefix of <c>Name.weight</c>, <c>.bias</c> and the buffers <c>.running_mean</c>, <c>.running_var</c>.</param>
/// <param name="Size">Numbers per row, in and out.</param>
public sealed record BatchNorm(string Name, int Size) : Layer(Name)
{
    /// <summary>Numbers per row, in and out.</summary>
    public int Size { get; } = Checks.Size(Size);

    /// <summary>Added to the variance. Default 1e-5.</summary>
    public float Epsilon { get; init => field = Checks.Positive(value, nameof(Epsilon)); } = 1e-5f;

    /// <summary>How much of a batch's statistics enters the running ones: from 0 to less than 1. Default 0.1.</summary>
    public float Momentum { get; init => field = Checks.Rate(value, nameof(Momentum)); } = 0.1f;

    /// <inheritdoc/>
    public override int Inputs => Size;

    /// <inheritdoc/>
    public override int Outputs => Size;

    /// <inheritdoc/>
    public override ImmutableArray<ParameterSpec> Parameters =>
    [
        new($"{Name}.weight", [Size], ParameterRole.Norm),
        new($"{Name}.bias", [Size], ParameterRole.Norm),
        new($"{Name}.running_mean", [Size], ParameterRole.Buffer),
        new($"{Name}.running_var", [Size], ParameterRole.Buffer),
    ];
}
