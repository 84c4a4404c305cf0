using System.Collections.Immutable;

namespace Microsoft.ML.NeuralNetworks.Layers;

/// <summary>
/// A linear layer in neural-tangent parametrisation: y = x W / sqrt(inputs) + b, so that weights of variance 1 keep activations of
/// variance 1 and one rate suits every width. Jacot, Gabriel and Hongler 2018, arXiv:1806.07572.
/// </summary>
/// <param name="Name">Prefix of <c>Name.weight</c> (inputs x outputs, row-major) and <c>Name.bias</c>.</param>
/// <param name="InputSize">Numbers per row in.</param>
/// <param name="OutputSize">Numbers per row out.</param>
public sealed record NtkDense(string Name, int InputSize, int OutputSize) : Layer(Name)
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
