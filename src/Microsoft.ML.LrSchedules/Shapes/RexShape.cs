using Microsoft.ML.LrSchedules.Text;

namespace Microsoft.ML.LrSchedules;

/// <summary>
/// Reflected exponential: <c>r(u) = z / (1 - beta + beta z), z = 1 - u</c>. Stays high for long and falls fast at the end; beta 0 is
/// linear. Source: Chen et al., REX: Revisiting Budgeted Training with an Improved Schedule, 2021, arXiv:2107.04197 (beta 1/2).
/// </summary>
public sealed record RexShape : Shape
{
    internal RexShape(double beta) => Beta = beta is >= 0 and < 1 ? beta : throw Guard.Out(nameof(beta), "at least 0 and below 1", beta, "The paper uses 0.5.");

    /// <summary>How long it stays high, in [0, 1).</summary>
    public double Beta { get; }

    /// <inheritdoc/>
    public override double Left(double u) => (1 - u) / (1 - Beta * u);

    internal override CallNode Describe() => new CallBuilder("rex").Number("beta", Beta, 0.5).Call;

    internal static Shape Read(Arguments arguments) => new RexShape(arguments.Number("beta", 0.5));
}

public abstract partial record Shape
{
    /// <inheritdoc cref="RexShape"/>
    /// <param name="beta">How long it stays high, in [0, 1).</param>
    public static Shape Rex(double beta = 0.5) => new RexShape(beta);
}
