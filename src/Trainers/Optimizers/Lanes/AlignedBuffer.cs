using System.Runtime.CompilerServices;

namespace Microsoft.ML.Trainers.Torch.Lanes;

/// <summary>Pinned memory that starts on a cache line, so that no vector load crosses two.</summary>
internal static class AlignedBuffer
{
    private const int Bytes = 64;

    /// <summary><paramref name="length"/> zeros.</summary>
    public static unsafe Memory<TElement> Zeros<TElement>(int length) where TElement : unmanaged
    {
        int spare = Bytes / sizeof(TElement);
        TElement[] array = GC.AllocateArray<TElement>(length + spare, pinned: true);
        nuint past = (nuint)Unsafe.AsPointer(ref array[0]) % Bytes;
        return array.AsMemory((int)((Bytes - past) % Bytes) / sizeof(TElement), length);
    }
}
