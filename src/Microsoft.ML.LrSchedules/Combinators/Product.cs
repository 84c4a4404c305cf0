using Microsoft.ML.LrSchedules.Text;

namespace Microsoft.ML.LrSchedules;

/// <summary>
/// Two schedules at once: <c>f(t) = left(t) right(t)</c>. A shorter one holds its last value until the longer ends; one without a
/// length takes what is left. A warmup times a decay dampens the decay without shifting it.
/// Elsewhere: PyTorch ChainedScheduler, Composer's list of schedulers, pytorch_warmup dampening.
/// </summary>
public sealed record Product : LrSchedule
{
    internal Product(LrSchedule left, LrSchedule right)
    {
        Left = left ?? throw new ArgumentNullException(nameof(left));
        Right = right ?? throw new ArgumentNullException(nameof(right));
    }

    /// <summary>One factor.</summary>
    public LrSchedule Left { get; }

    /// <summary>The other.</summary>
    public LrSchedule Right { get; }

    internal override double? LengthIn(Horizon horizon) =>
        Left.LengthIn(horizon) is { } left && Right.LengthIn(horizon) is { } right ? Math.Max(left, right) : null;

    internal override Curve Compile(Horizon horizon, double length, double from)
    {
        double left = Left.LengthIn(horizon) ?? length;
        double right = Right.LengthIn(horizon) ?? length;
        if (Math.Max(left, right) > length + Rounding(length))
            throw TooLong(this, Math.Max(left, right), length);
        return new ProductCurve(Left.Compile(horizon, left, from: 1), left, Right.Compile(horizon, right, from: 1), right);
    }

    internal override bool HasFixedLength => Left.HasFixedLength && Right.HasFixedLength;

    internal override bool IsHorizonFree => Left.IsHorizonFree && Right.IsHorizonFree;

    internal override double HorizonFree(Horizon horizon, double length) => Math.Min(Free(Left, horizon, length), Free(Right, horizon, length));

    // A schedule that is fixed to its end is so beyond it too, where its last value holds.
    private static double Free(LrSchedule part, Horizon horizon, double length) =>
        part.IsHorizonFree ? length : part.HorizonFree(horizon, part.LengthIn(horizon) ?? length);

    internal override Node Describe() => new ProductNode(Left.Describe(), Right.Describe());

    private sealed class ProductCurve(Curve left, double leftLength, Curve right, double rightLength) : Curve
    {
        private readonly double _leftEnd = left.End;
        private readonly double _rightEnd = right.End;

        internal override double End => _leftEnd * _rightEnd;

        internal override double At(double t) => (t < leftLength ? left.At(t) : _leftEnd) * (t < rightLength ? right.At(t) : _rightEnd);
    }
}

public abstract partial record LrSchedule
{
    /// <summary>Both at once, as a product. <see cref="Product"/> has the rules.</summary>
    /// <param name="left">One factor.</param>
    /// <param name="right">The other.</param>
    public static LrSchedule operator *(LrSchedule left, LrSchedule right) => new Product(left, right);
}
