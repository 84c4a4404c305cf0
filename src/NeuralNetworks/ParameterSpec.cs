using System.Collections.Immutable;

namespace Microsoft.ML.NeuralNetworks;

/// <summary>What a parameter is for. Weight decay and initialisation depend on it.</summary>
public enum ParameterRole
{
    /// <summary>A matrix or vector that multiplies activations.</summary>
    Weight,

    /// <summary>A vector that is added to activations.</summary>
    Bias,

    /// <summary>A scale or shift of a normalisation layer, or of an input.</summary>
    Norm,

    /// <summary>A table of learned vectors, or the frequencies of an encoding.</summary>
    Embedding,

    /// <summary>
    /// Not learned: values fitted to the data or kept track of, such as medians or running means. It has no gradient and no optimizer
    /// touches it; it is saved with the weights.
    /// </summary>
    Buffer,
}

/// <summary>One named tensor of a layer: what it learns, or a buffer that it keeps beside that.</summary>
/// <param name="Name">The full, stable name, such as <c>layers.0.weight</c>: the key in checkpoints and in group patterns.</param>
/// <param name="Shape">The dimensions, row-major. A dense weight is inputs x outputs.</param>
/// <param name="Role">What it is for.</param>
public sealed record ParameterSpec(string Name, ImmutableArray<int> Shape, ParameterRole Role)
{
    /// <summary>The number of values: the product of the dimensions.</summary>
    public int Count => Shape.Aggregate(1, (product, dimension) => checked(product * dimension));

    /// <summary>Whether training changes it by gradients: everything but a <see cref="ParameterRole.Buffer"/>.</summary>
    public bool IsTrainable => Role != ParameterRole.Buffer;
}
