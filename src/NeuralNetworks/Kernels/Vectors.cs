using System.Runtime.CompilerServices;

namespace Microsoft.ML.NeuralNetworks.Kernels;

/// <summary>Elementwise work on flat buffers.</summary>
internal static unsafe class Vectors
{
    /// <summary>target += source.</summary>
    public static void Add(Span<float> target, ReadOnlySpan<float> source) => Add(target, target, source);

    /// <summary>target = a + b.</summary>
    public static void Add(Span<float> target, ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        a = a[..target.Length];
        b = b[..target.Length];
        fixed (float* t = target, pa = a, pb = b)
        {
            if (Simd.Width == 512) Add<Lane512>(t, pa, pb, target.Length);
            else if (Simd.Width == 256) Add<Lane256>(t, pa, pb, target.Length);
            else Add<Lane128>(t, pa, pb, target.Length);
        }
    }

    /// <summary>target = source by <see cref="ILane{T}.StoreAside"/>; targets begin and end on whole lanes.</summary>
    public static void CopyAside(Span<float> target, ReadOnlySpan<float> source)
    {
        source = source[..target.Length];
        fixed (float* t = target, s = source)
        {
            if (Simd.Width == 512) CopyAside<Lane512>(t, s, target.Length);
            else if (Simd.Width == 256) CopyAside<Lane256>(t, s, target.Length);
            else CopyAside<Lane128>(t, s, target.Length);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add<T>(float* target, float* a, float* b, int count) where T : struct, ILane<T>
    {
        int i = 0;
        for (; i <= count - T.Count; i += T.Count) T.Store(T.Load(a + i) + T.Load(b + i), target + i);
        for (; i < count; i++) target[i] = a[i] + b[i];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyAside<T>(float* target, float* source, int count) where T : struct, ILane<T>
    {
        for (int i = 0; i < count; i += T.Count) T.StoreAside(T.Load(source + i), target + i);
    }
}
