using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.ML.NeuralNetworks;

namespace Microsoft.ML.Trainers.Torch.Data;

/// <summary>
/// Owns the rows of one fit. Large blocks are native memory, given back when the fit ends: as arrays they would make the garbage collector
/// walk all of the caller's objects, which costs more than reading the rows.
/// </summary>
internal sealed unsafe partial class RowMemory : IDisposable
{
    private const int SmallestNativeBlock = 1 << 21;

    // Linux: 2 MB pages spare one page fault for each 4 KB, and a second thread clears them while the first one reads rows (since 5.14).
    private const nuint HugePage = 2 << 20;
    private const int UseHugePages = 14, PopulateForWriting = 23;

    private readonly List<Block> blocks = [];

    /// <summary>Memory for so many numbers, aligned to a cache line at least. Its content is not defined.</summary>
    public Memory<float> Allocate(int length)
    {
        if (length < SmallestNativeBlock) return AlignedMemory.Allocate<float>(length);
        var block = new Block(length);
        blocks.Add(block);
        return block.Memory;
    }

    /// <summary>Gives the memory back. Nothing may use it afterwards.</summary>
    public void Dispose()
    {
        foreach (IDisposable block in blocks) block.Dispose();
        blocks.Clear();
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);

    private sealed class Block : MemoryManager<float>
    {
        private readonly int length;
        private readonly Task populated = Task.CompletedTask;
        private float* address;

        public Block(int length)
        {
            this.length = length;
            nuint bytes = (nuint)length * sizeof(float);
            address = (float*)NativeMemory.AlignedAlloc(bytes, HugePage);
            if (!OperatingSystem.IsLinux()) return;
            // Advice that a kernel does not know is refused, and nothing is lost.
            _ = Advise(address, bytes, UseHugePages);
            populated = Task.Run(() => Advise(address, bytes, PopulateForWriting));
        }

        public override Span<float> GetSpan() =>
            address is not null ? new(address, length) : throw new ObjectDisposedException(nameof(RowMemory), "The rows must be used before their fit ends but were used after it.");

        public override MemoryHandle Pin(int elementIndex = 0) => new(address + elementIndex);

        public override void Unpin() { }

        protected override void Dispose(bool disposing)
        {
            populated.Wait();
            NativeMemory.AlignedFree(address);
            address = null;
        }
    }
}
