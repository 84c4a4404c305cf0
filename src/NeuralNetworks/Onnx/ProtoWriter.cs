using System.Buffers.Binary;
using System.Text;

namespace Microsoft.ML.NeuralNetworks.Onnx;

/// <summary>One message in the wire format of Protocol Buffers: (field number, wire type) and value, again and again.</summary>
internal sealed class ProtoWriter
{
    private const int Varint = 0, Bytes = 2, Fixed32 = 5;

    private readonly MemoryStream stream = new();

    public ReadOnlySpan<byte> Written => stream.GetBuffer().AsSpan(0, (int)stream.Length);

    public ProtoWriter Integer(int field, long value)
    {
        Tag(field, Varint);
        Number((ulong)value);
        return this;
    }

    public ProtoWriter Float(int field, float value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(float)];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        Tag(field, Fixed32);
        stream.Write(bytes);
        return this;
    }

    public ProtoWriter Text(int field, string value) => Raw(field, Encoding.UTF8.GetBytes(value));

    public ProtoWriter Message(int field, ProtoWriter message) => Raw(field, message.Written);

    public ProtoWriter Raw(int field, ReadOnlySpan<byte> bytes)
    {
        Tag(field, Bytes);
        Number((ulong)bytes.Length);
        stream.Write(bytes);
        return this;
    }

    private void Tag(int field, int wireType) => Number((ulong)(field << 3 | wireType));

    private void Number(ulong value)
    {
        for (; value >= 0x80; value >>= 7) stream.WriteByte((byte)(value | 0x80));
        stream.WriteByte((byte)value);
    }
}
