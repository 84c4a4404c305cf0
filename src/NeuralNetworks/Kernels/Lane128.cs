using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Microsoft.ML.NeuralNetworks.Kernels;

/// <summary>4 floats.</summary>
internal readonly unsafe struct Lane128(Vector128<float> value) : ILane<Lane128>
{
    private readonly Vector128<float> value = value;

    public static int Count => 4;

    public static int TileRows => 6;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128 Load(float* source) => new(Vector128.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Lane128 value, float* target) => value.value.Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreAside(Lane128 value, float* target) => value.value.StoreAlignedNonTemporal(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128 All(float value) => new(Vector128.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128 operator +(Lane128 a, Lane128 b) => new(a.value + b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128 operator -(Lane128 a, Lane128 b) => new(a.value - b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128 operator *(Lane128 a, Lane128 b) => new(a.value * b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128 operator /(Lane128 a, Lane128 b) => new(a.value / b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128 MultiplyAdd(Lane128 a, Lane128 b, Lane128 c) => new(Vector128.MultiplyAddEstimate(a.value, b.value, c.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128 MultiplyAdd(Lane128 a, float* b, Lane128 c) => new(Vector128.MultiplyAddEstimate(Vector128.Load(b), a.value, c.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128 Max(Lane128 a, Lane128 b) => new(Vector128.MaxNative(a.value, b.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128 Min(Lane128 a, Lane128 b) => new(Vector128.MinNative(a.value, b.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128 Abs(Lane128 a) => new(Vector128.Abs(a.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128 Sqrt(Lane128 a) => new(Vector128.Sqrt(a.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128 Round(Lane128 a) => new(Vector128.Round(a.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128 PowerOfTwo(Lane128 n) => new(((Vector128.ConvertToInt32Native(n.value) + Vector128.Create(127)) << 23).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128 Scale(Lane128 a, Lane128 n) => Avx512F.VL.IsSupported ? new(Avx512F.VL.Scale(a.value, n.value)) : Functions.ScaleInTwoSteps(a, n);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128 Greater(Lane128 a, Lane128 b) => new(Vector128.GreaterThan(a.value, b.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128 Where(Lane128 mask, Lane128 yes, Lane128 no) => new(Vector128.ConditionalSelect(mask.value, yes.value, no.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane128 Keep(Lane128 mask, Lane128 value) => new(mask.value & value.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint NonZeros(Lane128 a) => (~Vector128.Equals(a.value, Vector128<float>.Zero)).ExtractMostSignificantBits();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Lane128 a) => Vector128.Sum(a.value);
}
