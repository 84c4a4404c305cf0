using System.Numerics;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Trainers.Torch.Lanes;

/// <summary>One number: the lane of golden tests (double), and the plain reading of a rule.</summary>
internal readonly struct Scalar<TElement>(TElement v) : ILane<Scalar<TElement>>
    where TElement : unmanaged, IFloatingPointIeee754<TElement>
{
    private readonly TElement v = v;

    public static implicit operator Scalar<TElement>(double value) => new(TElement.CreateTruncating(value));

    public static Scalar<TElement> operator +(Scalar<TElement> a, Scalar<TElement> b) => new(a.v + b.v);

    public static Scalar<TElement> operator -(Scalar<TElement> a, Scalar<TElement> b) => new(a.v - b.v);

    public static Scalar<TElement> operator *(Scalar<TElement> a, Scalar<TElement> b) => new(a.v * b.v);

    public static Scalar<TElement> operator /(Scalar<TElement> a, Scalar<TElement> b) => new(a.v / b.v);

    public static Scalar<TElement> operator -(Scalar<TElement> a) => new(-a.v);

    public static Scalar<TElement> Sqrt(Scalar<TElement> a) => new(TElement.Sqrt(a.v));

    public static Scalar<TElement> Cbrt(Scalar<TElement> a) => new(TElement.Cbrt(a.v));

    public static Scalar<TElement> Exp(Scalar<TElement> a) => a is Scalar<float> single
        ? new(TElement.CreateTruncating(Vector128.Exp(Vector128.CreateScalar(single.v)).ToScalar()))
        : new(TElement.Exp(a.v));

    public static Scalar<TElement> Abs(Scalar<TElement> a) => new(TElement.Abs(a.v));

    public static Scalar<TElement> Max(Scalar<TElement> a, Scalar<TElement> b) => new(TElement.Max(a.v, b.v));

    public static Scalar<TElement> Min(Scalar<TElement> a, Scalar<TElement> b) => new(TElement.Min(a.v, b.v));

    public static Scalar<TElement> Sign(Scalar<TElement> a) => new(TElement.IsZero(a.v) ? a.v : TElement.CopySign(TElement.One, a.v));

    public static Scalar<TElement> Where(Scalar<TElement> condition, Scalar<TElement> yes, Scalar<TElement> no) =>
        condition.v > TElement.Zero ? yes : no;

    public static void AddTo(ref LaneSums sums, int i, Scalar<TElement> a) => sums[i % LaneSums.Count] += double.CreateTruncating(a.v);
}
