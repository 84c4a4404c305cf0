namespace Microsoft.ML.LrSchedules;

/// <summary>The curve of a <see cref="Decay"/>; cycles are made of it too.</summary>
internal sealed class DecayCurve(Shape shape, double from, double to, double length) : Curve
{
    internal override double End => Way(1);

    internal override double At(double t) => Way(t < length ? t / length : 1);

    internal static Curve Of(Shape shape, double from, double to, double length, ValueScale scale)
    {
        if (scale == ValueScale.Plain)
            return new DecayCurve(shape, from, to, length);
        if (from <= 0 || to <= 0)
            throw new ArgumentException($"from and to must be above 0 on the {scale} scale but were {Guard.Text(from)} and {Guard.Text(to)}. Use a small value instead of 0, or the plain scale.");
        return scale == ValueScale.Log
            ? new LogCurve(new DecayCurve(shape, Math.Log(from), Math.Log(to), length))
            : new InverseCurve(new DecayCurve(shape, 1 / from, 1 / to, length));
    }

    private double Way(double u) => Blend.Of(from, to, shape.Left(u));

    private sealed class LogCurve(DecayCurve log) : Curve
    {
        internal override double End => Math.Exp(log.End);

        internal override double At(double t) => Math.Exp(log.At(t));
    }

    private sealed class InverseCurve(DecayCurve inverse) : Curve
    {
        internal override double End => 1 / inverse.End;

        internal override double At(double t) => 1 / inverse.At(t);
    }
}
