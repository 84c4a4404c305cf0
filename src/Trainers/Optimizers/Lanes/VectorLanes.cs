using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Trainers.Torch.Lanes;

/// <summary>16 floats in a 512-bit register.</summary>
internal readonly struct Lane512(Vector512<float> v) : ILane<Lane512>
{
    private readonly Vector512<float> v = v;

    public static implicit operator Lane512(double value) => new(Vector512.Create((float)value));

    public static Lane512 operator +(Lane512 a, Lane512 b) => new(a.v + b.v);

    public static Lane512 operator -(Lane512 a, Lane512 b) => new(a.v - b.v);

    public static Lane512 operator *(Lane512 a, Lane512 b) => new(a.v * b.v);

    public static Lane512 operator /(Lane512 a, Lane512 b) => new(a.v / b.v);

    public static Lane512 operator -(Lane512 a) => new(-a.v);

    public static Lane512 Sqrt(Lane512 a) => new(Vector512.Sqrt(a.v));

    public static Lane512 Cbrt(Lane512 a)
    {
        Vector512<float> roots = default;
        for (int i = 0; i < Vector512<float>.Count; i++) roots = roots.WithElement(i, MathF.Cbrt(a.v[i]));
        return new(roots);
    }

    public static Lane512 Exp(Lane512 a) => new(Vector512.Exp(a.v));

    public static Lane512 Abs(Lane512 a) => new(Vector512.Abs(a.v));

    public static Lane512 Max(Lane512 a, Lane512 b) => new(Vector512.Max(a.v, b.v));

    public static Lane512 Min(Lane512 a, Lane512 b) => new(Vector512.Min(a.v, b.v));

    public static Lane512 Sign(Lane512 a) =>
        new(Vector512.ConditionalSelect(Vector512.Equals(a.v, Vector512<float>.Zero), a.v, Vector512.CopySign(Vector512<float>.One, a.v)));

    public static Lane512 Where(Lane512 condition, Lane512 yes, Lane512 no) =>
        new(Vector512.ConditionalSelect(Vector512.GreaterThan(condition.v, Vector512<float>.Zero), yes.v, no.v));

    public static void AddTo(ref LaneSums sums, int i, Lane512 a)
    {
        (Vector512<double> low, Vector512<double> high) = Vector512.Widen(a.v);
        ref double at = ref sums[0];
        (Vector512.LoadUnsafe(ref at) + low).StoreUnsafe(ref at);
        at = ref Unsafe.Add(ref at, 8);
        (Vector512.LoadUnsafe(ref at) + high).StoreUnsafe(ref at);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void StoreAside(Lane512 a, ref Lane512 place) => a.v.StoreAlignedNonTemporal((float*)Unsafe.AsPointer(ref place));
}

/// <summary>8 floats in a 256-bit register.</summary>
internal readonly struct Lane256(Vector256<float> v) : ILane<Lane256>
{
    private readonly Vector256<float> v = v;

    public static implicit operator Lane256(double value) => new(Vector256.Create((float)value));

    public static Lane256 operator +(Lane256 a, Lane256 b) => new(a.v + b.v);

    public static Lane256 operator -(Lane256 a, Lane256 b) => new(a.v - b.v);

    public static Lane256 operator *(Lane256 a, Lane256 b) => new(a.v * b.v);

    public static Lane256 operator /(Lane256 a, Lane256 b) => new(a.v / b.v);

    public static Lane256 operator -(Lane256 a) => new(-a.v);

    public static Lane256 Sqrt(Lane256 a) => new(Vector256.Sqrt(a.v));

    public static Lane256 Cbrt(Lane256 a)
    {
        Vector256<float> roots = default;
        for (int i = 0; i < Vector256<float>.Count; i++) roots = roots.WithElement(i, MathF.Cbrt(a.v[i]));
        return new(roots);
    }

    public static Lane256 Exp(Lane256 a) => new(Vector256.Exp(a.v));

    public static Lane256 Abs(Lane256 a) => new(Vector256.Abs(a.v));

    public static Lane256 Max(Lane256 a, Lane256 b) => new(Vector256.Max(a.v, b.v));

    public static Lane256 Min(Lane256 a, Lane256 b) => new(Vector256.Min(a.v, b.v));

    public static Lane256 Sign(Lane256 a) =>
        new(Vector256.ConditionalSelect(Vector256.Equals(a.v, Vector256<float>.Zero), a.v, Vector256.CopySign(Vector256<float>.One, a.v)));

    public static Lane256 Where(Lane256 condition, Lane256 yes, Lane256 no) =>
        new(Vector256.ConditionalSelect(Vector256.GreaterThan(condition.v, Vector256<float>.Zero), yes.v, no.v));

    public static void AddTo(ref LaneSums sums, int i, Lane256 a)
    {
        (Vector256<double> low, Vector256<double> high) = Vector256.Widen(a.v);
        ref double at = ref sums[i * 8 % LaneSums.Count];
        (Vector256.LoadUnsafe(ref at) + low).StoreUnsafe(ref at);
        at = ref Unsafe.Add(ref at, 4);
        (Vector256.LoadUnsafe(ref at) + high).StoreUnsafe(ref at);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void StoreAside(Lane256 a, ref Lane256 place) => a.v.StoreAlignedNonTemporal((float*)Unsafe.AsPointer(ref place));
}

/// <summary>4 floats in a 128-bit register.</summary>
internal readonly struct Lane128(Vector128<float> v) : ILane<Lane128>
{
    private readonly Vector128<float> v = v;

    public static implicit operator Lane128(double value) => new(Vector128.Create((float)value));

    public static Lane128 operator +(Lane128 a, Lane128 b) => new(a.v + b.v);

    public static Lane128 operator -(Lane128 a, Lane128 b) => new(a.v - b.v);

    public static Lane128 operator *(Lane128 a, Lane128 b) => new(a.v * b.v);

    public static Lane128 operator /(Lane128 a, Lane128 b) => new(a.v / b.v);

    public static Lane128 operator -(Lane128 a) => new(-a.v);

    public static Lane128 Sqrt(Lane128 a) => new(Vector128.Sqrt(a.v));

    public static Lane128 Cbrt(Lane128 a)
    {
        Vector128<float> roots = default;
        for (int i = 0; i < Vector128<float>.Count; i++) roots = roots.WithElement(i, MathF.Cbrt(a.v[i]));
        return new(roots);
    }

    public static Lane128 Exp(Lane128 a) => new(Vector128.Exp(a.v));

    public static Lane128 Abs(Lane128 a) => new(Vector128.Abs(a.v));

    public static Lane128 Max(Lane128 a, Lane128 b) => new(Vector128.Max(a.v, b.v));

    public static Lane128 Min(Lane128 a, Lane128 b) => new(Vector128.Min(a.v, b.v));

    public static Lane128 Sign(Lane128 a) =>
        new(Vector128.ConditionalSelect(Vector128.Equals(a.v, Vector128<float>.Zero), a.v, Vector128.CopySign(Vector128<float>.One, a.v)));

    public static Lane128 Where(Lane128 condition, Lane128 yes, Lane128 no) =>
        new(Vector128.ConditionalSelect(Vector128.GreaterThan(condition.v, Vector128<float>.Zero), yes.v, no.v));

    public static void AddTo(ref LaneSums sums, int i, Lane128 a)
    {
        (Vector128<double> low, Vector128<double> high) = Vector128.Widen(a.v);
        ref double at = ref sums[i * 4 % LaneSums.Count];
        (Vector128.LoadUnsafe(ref at) + low).StoreUnsafe(ref at);
        at = ref Unsafe.Add(ref at, 2);
        (Vector128.LoadUnsafe(ref at) + high).StoreUnsafe(ref at);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void StoreAside(Lane128 a, ref Lane128 place) => a.v.StoreAlignedNonTemporal((float*)Unsafe.AsPointer(ref place));
}
