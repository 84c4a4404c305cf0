using System.Runtime.CompilerServices;

namespace Microsoft.ML.NeuralNetworks.Kernels;

/// <summary>Elementwise sums of flat buffers.</summary>
internal static unsafe class Vectors
{
    /// <summary>target += source.</summary>
    public static void Add(Span<float> target, ReadOnlySpan<float> source)
    {
        source = source[..target.Length];
        fixed (float* t = target, s = source)
        {
            if (Simd.Width == 512) Add<Lane512>(t, s, target.Length);
            else if (Simd.Width == 256) Add<Lane256>(t, s, target.Length);
            else Add<Lane128>(t, s, target.Length);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add<T>(float* target, float* source, int count) where T : struct, ILane<T>
    {
        int i = 0;
        for (; i <= count - T.Count; i += T.Count) T.Store(T.Load(target + i) + T.Load(source + i), target + i);
        for (; i < count; i++) target[i] += source[i];
    }
}
