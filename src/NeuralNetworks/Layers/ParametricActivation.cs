using System.Collections.Immutable;

namespace Microsoft.ML.NeuralNetworks.Layers;

/// <summary>
/// y = x + (f(x) - x) * blend, one learned blend per number: 1 is the activation f, 0 is the identity.
/// Holzmueller, Grinsztajn and Steinwart 2024, Better by default, arXiv:2407.04491.
/// </summary>
/// <param name="Name">Prefix of <c>Name.blend</c>; training starts it at 1.</param>
/// <param name="Size">Numbers per row, in and out.</param>
/// <param name="Function">f.</param>
public sealed record ParametricActivation(string Name, int Size, ActivationFunction Function) : Layer(Name)
{
    /// <summary>Numbers per row, in and out.</summary>
    public int Size { get; } = Checks.Size(Size);

    /// <summary>f.</summary>
    public ActivationFunction Function { get; } = Checks.Defined(Function);

    /// <inheritdoc/>
    public override int Inputs => Size;

    /// <inheritdoc/>
    public override int Outputs => Size;

    /// <inheritdoc/>
    public override ImmutableArray<ParameterSpec> Parameters => [new($"{Name}.blend", [Size], ParameterRole.Norm)];
}
