using System.Runtime.Intrinsics;

namespace Microsoft.ML.NeuralNetworks.Kernels;

/// <summary>Which lane this process uses. A constant to the JIT: branches on it cost nothing.</summary>
internal static class Simd
{
    /// <summary>Bits per lane: 512, 256 or 128, the widest that the processor runs well.</summary>
    public static int Width => Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128;

    /// <summary>Floats per lane.</summary>
    public static int Count => Width / 32;
}
