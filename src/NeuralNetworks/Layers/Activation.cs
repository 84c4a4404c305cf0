namespace Microsoft.ML.NeuralNetworks.Layers;

/// <summary>The functions that an <see cref="Activation"/> can apply.</summary>
public enum ActivationFunction
{
    /// <summary>max(0, x). Nair and Hinton 2010.</summary>
    Relu,

    /// <summary>x Phi(x), Phi the normal distribution function (exact, by erf). Hendrycks and Gimpel 2016, arXiv:1606.08415.</summary>
    Gelu,

    /// <summary>x / (1 + exp(-x)), also called Swish. Ramachandran et al. 2017, arXiv:1710.05941.</summary>
    Silu,

    /// <summary>1.0507 x for x &gt; 0, else 1.0507 * 1.6733 (exp(x) - 1). Klambauer et al. 2017, arXiv:1706.02515.</summary>
    Selu,

    /// <summary>x tanh(ln(1 + exp(x))). Misra 2019, arXiv:1908.08681.</summary>
    Mish,

    /// <summary>The hyperbolic tangent.</summary>
    Tanh,

    /// <summary>1 / (1 + exp(-x)).</summary>
    Sigmoid,
}

/// <summary>A function applied to each number of a row. No parameters.</summary>
/// <param name="Name">A unique name.</param>
/// <param name="Size">Numbers per row, in and out.</param>
/// <param name="Function">The function.</param>
public sealed record Activation(string Name, int Size, ActivationFunction Function) : Layer(Name)
{
    /// <summary>Numbers per row, in and out.</summary>
    public int Size { get; } = Checks.Size(Size);

    /// <summary>The function.</summary>
    public ActivationFunction Function { get; } = Checks.Defined(Function);

    /// <inheritdoc/>
    public override int Inputs => Size;

    /// <inheritdoc/>
    public override int Outputs => Size;
}
