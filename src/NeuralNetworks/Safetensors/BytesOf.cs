using System.Buffers;
using System.Runtime.InteropServices;

namespace Microsoft.ML.NeuralNetworks.Safetensors;

/// <summary>The same memory seen as bytes, without a copy. For reading by span only.</summary>
internal sealed class BytesOf<T>(ReadOnlyMemory<T> source) : MemoryManager<byte> where T : unmanaged
{
    public override Span<byte> GetSpan() => MemoryMarshal.AsBytes(MemoryMarshal.AsMemory(source).Span);

    public override MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException("These bytes are read as a span.");

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }
}
