using System.Runtime.CompilerServices;

namespace Microsoft.ML.NeuralNetworks;

/// <summary>Pinned .NET memory that starts at a cache line: usable by vector code, and by libtorch without a copy.</summary>
internal static class AlignedMemory
{
    private const int CacheLine = 64;

    /// <summary>Zeros.</summary>
    public static unsafe Memory<T> Allocate<T>(int length) where T : unmanaged
    {
        int extra = CacheLine / sizeof(T);
        T[] array = GC.AllocateArray<T>(checked(length + extra), pinned: true);
        nuint address = (nuint)Unsafe.AsPointer(ref array[0]);
        int skipped = (int)((CacheLine - address % CacheLine) % CacheLine) / sizeof(T);
        return array.AsMemory(skipped, length);
    }
}
