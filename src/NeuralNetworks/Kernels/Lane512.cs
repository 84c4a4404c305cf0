using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Microsoft.ML.NeuralNetworks.Kernels;

/// <summary>16 floats.</summary>
internal readonly unsafe struct Lane512(Vector512<float> value) : ILane<Lane512>
{
    private readonly Vector512<float> value = value;

    public static int Count => 16;

    public static int TileRows => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512 Load(float* source) => new(Vector512.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Lane512 value, float* target) => value.value.Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreAside(Lane512 value, float* target) => value.value.StoreAlignedNonTemporal(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512 All(float value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512 operator +(Lane512 a, Lane512 b) => new(a.value + b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512 operator -(Lane512 a, Lane512 b) => new(a.value - b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512 operator *(Lane512 a, Lane512 b) => new(a.value * b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512 operator /(Lane512 a, Lane512 b) => new(a.value / b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512 MultiplyAdd(Lane512 a, Lane512 b, Lane512 c) => new(Vector512.MultiplyAddEstimate(a.value, b.value, c.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512 MultiplyAdd(Lane512 a, float* b, Lane512 c) => new(Vector512.MultiplyAddEstimate(Vector512.Load(b), a.value, c.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512 Max(Lane512 a, Lane512 b) => new(Vector512.MaxNative(a.value, b.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512 Min(Lane512 a, Lane512 b) => new(Vector512.MinNative(a.value, b.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512 Abs(Lane512 a) => new(Vector512.Abs(a.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512 Sqrt(Lane512 a) => new(Vector512.Sqrt(a.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512 Round(Lane512 a) => new(Vector512.Round(a.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512 PowerOfTwo(Lane512 n) => new(((Vector512.ConvertToInt32Native(n.value) + Vector512.Create(127)) << 23).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512 Scale(Lane512 a, Lane512 n) => Avx512F.IsSupported ? new(Avx512F.Scale(a.value, n.value)) : Functions.ScaleInTwoSteps(a, n);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512 Greater(Lane512 a, Lane512 b) => new(Vector512.GreaterThan(a.value, b.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512 Where(Lane512 mask, Lane512 yes, Lane512 no) => new(Vector512.ConditionalSelect(mask.value, yes.value, no.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane512 Keep(Lane512 mask, Lane512 value) => new(mask.value & value.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint NonZeros(Lane512 a) => (uint)(~Vector512.Equals(a.value, Vector512<float>.Zero)).ExtractMostSignificantBits();

    // By halves: the library's sum takes each quarter for itself, with three times as many instructions.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Lane512 a)
    {
        Vector256<float> half = a.value.GetLower() + a.value.GetUpper();
        return Vector128.Sum(half.GetLower() + half.GetUpper());
    }
}
