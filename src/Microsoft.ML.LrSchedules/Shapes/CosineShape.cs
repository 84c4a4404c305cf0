using Microsoft.ML.LrSchedules.Text;

namespace Microsoft.ML.LrSchedules;

/// <summary>
/// Half waves of a cosine: <c>r(u) = (0.5 (1 + cos(pi halfWaves u)))^exponent</c>. One half wave falls once; two fall and rise
/// again, so r(1) = 1; an uneven number ends below. Elsewhere: PyTorch CosineAnnealingLR, HF cosine (halfWaves = 2 num_cycles),
/// optax cosine_decay_schedule (exponent), Keras CosineDecay. Source: Loshchilov and Hutter, SGDR, 2017, arXiv:1608.03983.
/// </summary>
public sealed record CosineShape : Shape
{
    internal CosineShape(double exponent, double halfWaves)
    {
        Exponent = Guard.Positive(exponent, "1 is the plain cosine.");
        HalfWaves = Guard.Positive(halfWaves, "1 is the plain cosine, which falls once.");
    }

    /// <summary>The power of the wave, above 0.</summary>
    public double Exponent { get; }

    /// <summary>How many half waves, above 0.</summary>
    public double HalfWaves { get; }

    /// <inheritdoc/>
    public override double Left(double u)
    {
        double wave = 0.5 * (1 + Math.Cos(Math.PI * HalfWaves * u));
        return Exponent == 1 ? wave : Math.Pow(wave, Exponent);
    }

    internal override CallNode Describe() => new CallBuilder("cosine").Number("exponent", Exponent, 1).Number("halfWaves", HalfWaves, 1).Call;

    internal static Shape Read(Arguments arguments) => Cosine(arguments.Number("exponent", 1), arguments.Number("halfWaves", 1));
}

public abstract partial record Shape
{
    private static readonly Shape PlainCosine = new CosineShape(1, 1);

    /// <inheritdoc cref="CosineShape"/>
    /// <param name="exponent">The power of the wave, above 0.</param>
    /// <param name="halfWaves">How many half waves, above 0.</param>
    public static Shape Cosine(double exponent = 1, double halfWaves = 1) =>
        exponent == 1 && halfWaves == 1 ? PlainCosine : new CosineShape(exponent, halfWaves);
}
