namespace Microsoft.ML.NeuralNetworks.Layers;

/// <summary>
/// In training, each number becomes 0 with probability <paramref name="Rate"/> and otherwise x / (1 - Rate); in scoring y = x.
/// Srivastava et al. 2014, Dropout: a simple way to prevent neural networks from overfitting.
/// </summary>
/// <param name="Name">A unique name.</param>
/// <param name="Size">Numbers per row, in and out.</param>
/// <param name="Rate">The part that is dropped, at least 0 and less than 1. A trainer may schedule it: this is its peak.</param>
public sealed record Dropout(string Name, int Size, float Rate) : Layer(Name)
{
    /// <summary>Numbers per row, in and out.</summary>
    public int Size { get; } = Checks.Size(Size);

    /// <summary>The part that is dropped.</summary>
    public float Rate { get; } = Checks.Rate(Rate);

    /// <inheritdoc/>
    public override int Inputs => Size;

    /// <inheritdoc/>
    public override int Outputs => Size;
}
