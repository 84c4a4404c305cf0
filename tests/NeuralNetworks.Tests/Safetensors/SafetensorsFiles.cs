using System.Buffers.Binary;
using System.Text;
using Microsoft.ML.NeuralNetworks.Safetensors;

namespace NeuralNetworks.Tests.Safetensors;

/// <summary>Makes and reads files in memory.</summary>
internal static class SafetensorsFiles
{
    /// <summary>A file of this header and so many zeros of data, built by hand from the published layout.</summary>
    public static byte[] Of(string header, int dataLength = 0, long? claimedLength = null)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        var file = new byte[8 + json.Length + dataLength];
        BinaryPrimitives.WriteInt64LittleEndian(file, claimedLength ?? json.Length);
        json.CopyTo(file, 8);
        return file;
    }

    public static byte[] Write(IReadOnlyList<Tensor> tensors, params KeyValuePair<string, string>[] metadata)
    {
        using var stream = new MemoryStream();
        SafetensorsWriter.Write(stream, metadata, tensors);
        return stream.ToArray();
    }

    public static (Header Header, Tensor[] Tensors) Read(byte[] file, int maximumHeaderLength = Header.DefaultMaximumLength)
    {
        using var stream = new MemoryStream(file);
        using SafetensorsReader reader = SafetensorsReader.Open(stream, "weights.safetensors", leaveOpen: false, maximumHeaderLength);
        return (reader.Header, [.. reader.ReadTensors()]);
    }
}
