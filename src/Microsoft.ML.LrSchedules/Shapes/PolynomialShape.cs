using Microsoft.ML.LrSchedules.Text;

namespace Microsoft.ML.LrSchedules;

/// <summary>
/// A power of what is left: <c>r(u) = (1 - u)^power</c>.
/// Power 1 is linear, below 1 falls late, above 1 falls early. Elsewhere: PyTorch PolynomialLR (to 0 only), HF polynomial,
/// optax polynomial_schedule, Keras PolynomialDecay. Source: Chen et al., DeepLab, 2016, arXiv:1606.00915 ("poly").
/// </summary>
public sealed record PolynomialShape : Shape
{
    internal PolynomialShape(double power) => Power = Guard.Positive(power, "1 is a straight line, 2 a parabola.");

    /// <summary>The power, above 0.</summary>
    public double Power { get; }

    /// <inheritdoc/>
    public override double Left(double u) => Rise(1 - u);

    internal override double Rise(double u) => Power == 1 ? u : Math.Pow(u, Power);

    internal override CallNode Describe() => new CallBuilder("polynomial").Number("power", Power).Call;

    internal static Shape Read(Arguments arguments) => new PolynomialShape(arguments.Number("power"));
}

public abstract partial record Shape
{
    /// <inheritdoc cref="PolynomialShape"/>
    /// <param name="power">Above 0; 1 is a straight line.</param>
    public static Shape Polynomial(double power) => new PolynomialShape(power);
}
