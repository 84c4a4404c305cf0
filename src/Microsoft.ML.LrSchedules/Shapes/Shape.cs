using Microsoft.ML.LrSchedules.Text;

namespace Microsoft.ML.LrSchedules;

/// <summary>
/// How a <see cref="Decay"/> gets from one value to another: r(u), the part of the way that is left when the part u of the segment
/// is behind. r(0) = 1, and r(1) = 0 unless the shape says otherwise. A <see cref="Warmup"/> walks the same way backwards: what is
/// behind it is r(1 - u). An immutable value.
/// </summary>
public abstract partial record Shape
{
    private protected Shape()
    {
    }

    /// <summary>r(u): the part of the way that is left.</summary>
    /// <param name="u">The part of the segment that is behind, in [0, 1].</param>
    public abstract double Left(double u);

    /// <summary>r(1 - u), by a formula without cancellation where there is one.</summary>
    internal virtual double Rise(double u) => Left(1 - u);

    /// <summary>The shape as a word and its numbers.</summary>
    internal abstract CallNode Describe();

    /// <summary>The shape as text, such as <c>polynomial(power=0.9)</c>.</summary>
    public sealed override string ToString() => TextWriting.Write(Describe());
}
