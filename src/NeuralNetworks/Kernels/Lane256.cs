using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Microsoft.ML.NeuralNetworks.Kernels;

/// <summary>8 floats.</summary>
internal readonly unsafe struct Lane256(Vector256<float> value) : ILane<Lane256>
{
    private readonly Vector256<float> value = value;

    public static int Count => 8;

    public static int TileRows => 6;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256 Load(float* source) => new(Vector256.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Lane256 value, float* target) => value.value.Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreAside(Lane256 value, float* target) => value.value.StoreAlignedNonTemporal(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256 All(float value) => new(Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256 operator +(Lane256 a, Lane256 b) => new(a.value + b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256 operator -(Lane256 a, Lane256 b) => new(a.value - b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256 operator *(Lane256 a, Lane256 b) => new(a.value * b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256 operator /(Lane256 a, Lane256 b) => new(a.value / b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256 MultiplyAdd(Lane256 a, Lane256 b, Lane256 c) => new(Vector256.MultiplyAddEstimate(a.value, b.value, c.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256 MultiplyAdd(Lane256 a, float* b, Lane256 c) => new(Vector256.MultiplyAddEstimate(Vector256.Load(b), a.value, c.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256 Max(Lane256 a, Lane256 b) => new(Vector256.MaxNative(a.value, b.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256 Min(Lane256 a, Lane256 b) => new(Vector256.MinNative(a.value, b.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256 Abs(Lane256 a) => new(Vector256.Abs(a.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256 Sqrt(Lane256 a) => new(Vector256.Sqrt(a.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256 Round(Lane256 a) => new(Vector256.Round(a.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256 PowerOfTwo(Lane256 n) => new(((Vector256.ConvertToInt32Native(n.value) + Vector256.Create(127)) << 23).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256 Scale(Lane256 a, Lane256 n) => Avx512F.VL.IsSupported ? new(Avx512F.VL.Scale(a.value, n.value)) : Functions.ScaleInTwoSteps(a, n);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256 Greater(Lane256 a, Lane256 b) => new(Vector256.GreaterThan(a.value, b.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256 Where(Lane256 mask, Lane256 yes, Lane256 no) => new(Vector256.ConditionalSelect(mask.value, yes.value, no.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane256 Keep(Lane256 mask, Lane256 value) => new(mask.value & value.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint NonZeros(Lane256 a) => (~Vector256.Equals(a.value, Vector256<float>.Zero)).ExtractMostSignificantBits();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Lane256 a) => Vector128.Sum(a.value.GetLower() + a.value.GetUpper());
}
