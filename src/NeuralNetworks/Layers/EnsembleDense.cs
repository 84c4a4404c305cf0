using System.Collections.Immutable;

namespace Microsoft.ML.NeuralNetworks.Layers;

/// <summary>
/// The linear layer of several networks that share one matrix. Member i has factors of its own for what goes in and comes out, and its own bias:
/// y_i = ((x_i * r_i) W / sqrt(inputs)) * s_i + b_i, so that an ensemble costs hardly more parameters than a single network.
/// Wen, Tran and Ba 2020, BatchEnsemble, arXiv:2002.06715; Gorishniy, Kotelnikov and Babenko 2024, TabM, arXiv:2410.24210.
/// </summary>
/// <remarks>
/// A row holds the members' numbers one after the other. A network that ends with this layer is an ensemble: each member's outputs get a
/// loss of their own in training, and the members' predictions are averaged in scoring.
/// </remarks>
/// <param name="Name">
/// Prefix of <c>Name.weight</c> (inputs x outputs), <c>Name.input_scale</c> (members x inputs), <c>Name.output_scale</c> and
/// <c>Name.bias</c> (members x outputs).
/// </param>
/// <param name="InputSize">Numbers per row and member in.</param>
/// <param name="OutputSize">Numbers per row and member out.</param>
/// <param name="Members">At least 2.</param>
/// <param name="FansOut">Whether all members take the same numbers: the first such layer of a network. Otherwise each takes its own.</param>
public sealed record EnsembleDense(string Name, int InputSize, int OutputSize, int Members, bool FansOut) : Layer(Name)
{
    /// <summary>Numbers per row and member in.</summary>
    public int InputSize { get; } = Checks.Size(InputSize);

    /// <summary>Numbers per row and member out.</summary>
    public int OutputSize { get; } = Checks.Size(OutputSize);

    /// <summary>Networks that share the matrix.</summary>
    public int Members { get; } = Members >= 2
        ? Checks.Size(Members)
        : throw new ArgumentOutOfRangeException(nameof(Members), $"Members must be at least 2 but was {Members}. A single network has NtkDense layers.");

    /// <inheritdoc/>
    public override int Inputs => Checks.Size(checked(FansOut ? InputSize : InputSize * Members));

    /// <inheritdoc/>
    public override int Outputs => Checks.Size(checked(OutputSize * Members));

    /// <inheritdoc/>
    public override ImmutableArray<ParameterSpec> Parameters =>
    [
        new($"{Name}.weight", [InputSize, OutputSize], ParameterRole.Weight),
        new($"{Name}.input_scale", [Members, InputSize], ParameterRole.Norm),
        new($"{Name}.output_scale", [Members, OutputSize], ParameterRole.Norm),
        new($"{Name}.bias", [Members, OutputSize], ParameterRole.Bias),
    ];
}
