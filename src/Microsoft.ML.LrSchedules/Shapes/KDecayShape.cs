using Microsoft.ML.LrSchedules.Text;

namespace Microsoft.ML.LrSchedules;

/// <summary>
/// Another shape with its time bent: <c>r(u) = inner(u^k)</c>. k above 1 stays high for longer. Source: Zhang and Li, k-decay: A New
/// Method for Learning Rate Schedule, 2020, arXiv:2004.05909. Elsewhere: timm k_decay for cosine and polynomial.
/// </summary>
public sealed record KDecayShape : Shape
{
    internal KDecayShape(Shape inner, double k)
    {
        Inner = inner ?? throw new ArgumentNullException(nameof(inner));
        K = Guard.Positive(k, "1 is the plain shape.");
    }

    /// <summary>The shape whose time is bent.</summary>
    public Shape Inner { get; }

    /// <summary>The power of time, above 0.</summary>
    public double K { get; }

    /// <inheritdoc/>
    public override double Left(double u) => Inner.Left(Math.Pow(u, K));

    internal override CallNode Describe() => new CallBuilder("kDecay").Shape("shape", Inner).Number("k", K).Call;

    internal static Shape Read(Arguments arguments) => new KDecayShape(arguments.Shape("shape"), arguments.Number("k"));
}

public abstract partial record Shape
{
    /// <summary>This shape with its time bent, r(u^k). <see cref="KDecayShape"/> has the formula.</summary>
    /// <param name="k">Above 0; 1 is this shape.</param>
    public Shape KDecay(double k) => k == 1 ? this : new KDecayShape(this, k);
}
