using Microsoft.ML.LrSchedules.Text;

namespace Microsoft.ML.LrSchedules;

/// <summary>
/// One minus a power of what is behind: <c>r(u) = 1 - u^power</c>. Power 1/2 is the 1-sqrt cooldown, which falls fast first; 2 is
/// 1-square, which falls late. Source: Haegele et al., Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations,
/// 2024, arXiv:2405.18392. Elsewhere: HF wsd decay_type 1-sqrt, pytorch_optimizer 1-square.
/// </summary>
public sealed record OneMinusPowerShape : Shape
{
    internal OneMinusPowerShape(double power) => Power = Guard.Positive(power, "0.5 is 1-sqrt, 2 is 1-square.");

    /// <summary>The power, above 0.</summary>
    public double Power { get; }

    /// <inheritdoc/>
    public override double Left(double u) => 1 - (Power == 0.5 ? Math.Sqrt(u) : Math.Pow(u, Power));

    internal override CallNode Describe() => new CallBuilder("oneMinusPower").Number("power", Power).Call;

    internal static Shape Read(Arguments arguments) => new OneMinusPowerShape(arguments.Number("power"));
}

public abstract partial record Shape
{
    /// <summary>1 - sqrt(u). <see cref="OneMinusPowerShape"/> has the formula.</summary>
    public static Shape OneMinusSqrt { get; } = new OneMinusPowerShape(0.5);

    /// <summary>1 - u^2. <see cref="OneMinusPowerShape"/> has the formula.</summary>
    public static Shape OneMinusSquare { get; } = new OneMinusPowerShape(2);

    /// <inheritdoc cref="OneMinusPowerShape"/>
    /// <param name="power">Above 0.</param>
    public static Shape OneMinusPower(double power) => new OneMinusPowerShape(power);
}
