namespace Microsoft.ML.LrSchedules;

/// <summary>A bound schedule's inside: a function of the position in steps, counted from its own start, on [0, length).</summary>
internal abstract class Curve
{
    /// <summary>The factor at <paramref name="t"/> steps after the curve's start, 0 &lt;= t &lt; length.</summary>
    internal abstract double At(double t);

    /// <summary>The value that is held beyond the end: the limit of <see cref="At"/> from the left at the length.</summary>
    internal abstract double End { get; }
}

/// <summary>The same value everywhere.</summary>
internal sealed class ConstantCurve(double value) : Curve
{
    internal override double End => value;

    internal override double At(double t) => value;
}
