using System.Runtime.CompilerServices;

namespace Microsoft.ML.NeuralNetworks;

/// <summary>Pinned .NET memory that starts at a cache line: usable by vector code, and by libtorch without a copy.</summary>
internal static class AlignedMemory
{
    private const int CacheLine = 64;

    /// <summary>Zeros.</summary>
    public static unsafe Memory<T> Allocate<T>(int length) where T : unmanaged =>
        Aligned(GC.AllocateArray<T>(checked(length + CacheLine / sizeof(T)), pinned: true), length);

    /// <summary>Whatever was there before: for memory that is written whole before it is read.</summary>
    public static unsafe Memory<T> AllocateUninitialized<T>(int length) where T : unmanaged
    {
        T[] array = GC.AllocateUninitializedArray<T>(checked(length + CacheLine / sizeof(T)), pinned: true);
        HugePages.Advise((nuint)Unsafe.AsPointer(ref array[0]), (nuint)array.Length * (nuint)sizeof(T));
        return Aligned(array, length);
    }

    private static unsafe Memory<T> Aligned<T>(T[] array, int length) where T : unmanaged
    {
        nuint address = (nuint)Unsafe.AsPointer(ref array[0]);
        int skipped = (int)((CacheLine - address % CacheLine) % CacheLine) / sizeof(T);
        return array.AsMemory(skipped, length);
    }
}
