using System.Collections.Immutable;

namespace Microsoft.ML.NeuralNetworks.Layers;

/// <summary>
/// A linear layer: y = x W + b with W of shape inputs x outputs (row-major: the weights of one input lie together) and b of
/// length outputs. The transpose of W is what PyTorch calls <c>weight</c>.
/// </summary>
/// <param name="Name">Prefix of <c>Name.weight</c> and <c>Name.bias</c>.</param>
/// <param name="InputSize">Numbers per row in.</param>
/// <param name="OutputSize">Numbers per row out.</param>
public sealed record Dense(string Name, int InputSize, int OutputSize) : Layer(Name)
{
    /// <summary>Numbers per row in.</summary>
    public int InputSize { get; } = Checks.Size(InputSize);

    /// <summary>Numbers per row out.</summary>
    public int OutputSize { get; } = Checks.Size(OutputSize);

    /// <inheritdoc/>
    public override int Inputs => InputSize;

    /// <inheritdoc/>
    public override int Outputs => OutputSize;

    /// <inheritdoc/>
    public override ImmutableArray<ParameterSpec> Parameters =>
    [
        new($"{Name}.weight", [InputSize, OutputSize], ParameterRole.Weight),
        new($"{Name}.bias", [OutputSize], ParameterRole.Bias),
    ];
}
