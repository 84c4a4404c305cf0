using Microsoft.ML.LrSchedules.Text;

namespace Microsoft.ML.LrSchedules;

/// <summary>A straight line: <c>r(u) = 1 - u</c>. Elsewhere: PyTorch LinearLR, HF linear, optax linear_schedule, fastai SchedLin.</summary>
public sealed record LinearShape : Shape
{
    internal LinearShape()
    {
    }

    /// <inheritdoc/>
    public override double Left(double u) => 1 - u;

    internal override double Rise(double u) => u;

    internal override CallNode Describe() => new CallBuilder("linear").Call;

    internal static Shape Read(Arguments arguments) => Linear;
}

public abstract partial record Shape
{
    /// <inheritdoc cref="LinearShape"/>
    public static Shape Linear { get; } = new LinearShape();
}
