using System.Collections.Immutable;

namespace Microsoft.ML.NeuralNetworks.Layers;

/// <summary>
/// Turns each number x of a row into a vector: max(0, [sin(2 pi c x), cos(2 pi c x)] W + b) with frequencies c, W and b of its own.
/// Gorishniy, Rubachev and Babenko 2022, On embeddings for numerical features in tabular deep learning, arXiv:2203.05556 (their PLR).
/// </summary>
/// <param name="Name">
/// Prefix of <c>Name.frequencies</c> (inputs x frequencies), <c>.weight</c> (inputs x 2 frequencies x width; the sines' rows first) and
/// <c>.bias</c> (inputs x width).
/// </param>
/// <param name="InputSize">Numbers per row in.</param>
/// <param name="Frequencies">Frequencies per number; training starts them normal with a small deviation.</param>
/// <param name="Width">The length of the vector that stands for a number.</param>
public sealed record PeriodicEmbedding(string Name, int InputSize, int Frequencies, int Width) : Layer(Name)
{
    /// <summary>Numbers per row in.</summary>
    public int InputSize { get; } = Checks.Size(InputSize);

    /// <summary>Frequencies per number.</summary>
    public int Frequencies { get; } = Checks.Size(Frequencies);

    /// <summary>The length of the vector that stands for a number.</summary>
    public int Width { get; } = Checks.Size(Width);

    /// <inheritdoc/>
    public override int Inputs => InputSize;

    /// <inheritdoc/>
    public override int Outputs { get; } = Checks.Size(checked(InputSize * Width), nameof(Outputs));

    /// <inheritdoc/>
    public override ImmutableArray<ParameterSpec> Parameters =>
    [
        new($"{Name}.frequencies", [InputSize, Frequencies], ParameterRole.Embedding),
        new($"{Name}.weight", [InputSize, 2 * Frequencies, Width], ParameterRole.Embedding),
        new($"{Name}.bias", [InputSize, Width], ParameterRole.Embedding),
    ];
}
