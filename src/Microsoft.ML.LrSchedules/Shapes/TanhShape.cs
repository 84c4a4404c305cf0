using Microsoft.ML.LrSchedules.Text;

namespace Microsoft.ML.LrSchedules;

/// <summary>
/// A hyperbolic tangent: <c>r(u) = 0.5 (1 - tanh(lower (1 - u) + upper u))</c>. It starts a little below 1 and ends a little above 0:
/// with -7 and 3, at 0.9999992 and 0.0025. Source: Hsueh et al., Stochastic Gradient Descent with Hyperbolic-Tangent Decay, 2019,
/// arXiv:1806.01593. Elsewhere: timm TanhLRScheduler.
/// </summary>
public sealed record TanhShape : Shape
{
    internal TanhShape(double lower, double upper)
    {
        Lower = Guard.Finite(lower, "-7 is usual.");
        Upper = Guard.Finite(upper, "3 is usual.") > lower ? upper : throw Guard.Out(nameof(upper), $"above lower, {Guard.Text(lower)},", upper, "The curve falls from lower to upper.");
    }

    /// <summary>Where on the tangent it starts.</summary>
    public double Lower { get; }

    /// <summary>Where on the tangent it ends.</summary>
    public double Upper { get; }

    /// <inheritdoc/>
    public override double Left(double u) => 0.5 * (1 - Math.Tanh(Lower * (1 - u) + Upper * u));

    internal override CallNode Describe() => new CallBuilder("tanh").Number("lower", Lower, -7).Number("upper", Upper, 3).Call;

    internal static Shape Read(Arguments arguments) => new TanhShape(arguments.Number("lower", -7), arguments.Number("upper", 3));
}

public abstract partial record Shape
{
    /// <inheritdoc cref="TanhShape"/>
    /// <param name="lower">Where on the tangent it starts.</param>
    /// <param name="upper">Where on the tangent it ends.</param>
    public static Shape Tanh(double lower = -7, double upper = 3) => new TanhShape(lower, upper);
}
