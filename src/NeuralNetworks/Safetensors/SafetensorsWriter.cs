using System.Buffers;
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Microsoft.ML.NeuralNetworks.Safetensors;

/// <summary>Writes a safetensors file: header first, then each tensor's bytes straight from its memory.</summary>
internal static class SafetensorsWriter
{
    private const int Alignment = 8;

    /// <summary>Writes a file.</summary>
    /// <param name="stream">Where to; it is neither flushed nor closed.</param>
    /// <param name="metadata">Text entries, in the order in which they are to stand in the file.</param>
    /// <param name="tensors">The tensors, in the order in which they are to stand in the file.</param>
    /// <exception cref="ArgumentException">A name comes twice, or the header would be longer than readers accept.</exception>
    public static void Write(Stream stream, IReadOnlyList<KeyValuePair<string, string>> metadata, IReadOnlyList<Tensor> tensors)
    {
        stream.Write(HeaderBytes(metadata, tensors));
        foreach (Tensor tensor in tensors)
            stream.Write(tensor.Data.Span);
    }

    /// <summary>The length field and the JSON, with blanks at its end so that the first tensor starts at a multiple of 8.</summary>
    /// <exception cref="ArgumentException">A name comes twice, or the header would be longer than readers accept.</exception>
    public static byte[] HeaderBytes(IReadOnlyList<KeyValuePair<string, string>> metadata, IReadOnlyList<Tensor> tensors)
    {
        Endianness.RequireLittle();
        var buffer = new ArrayBufferWriter<byte>();
        buffer.Write(stackalloc byte[Header.LengthSize]);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            WriteJson(json, metadata, tensors);
        int blanks = (Alignment - buffer.WrittenCount % Alignment) % Alignment;
        buffer.Write("       "u8[..blanks]);

        int length = buffer.WrittenCount - Header.LengthSize;
        if (length > Header.DefaultMaximumLength)
            throw new ArgumentException($"The header must have at most {Header.DefaultMaximumLength} bytes but would have {length}. Keep long texts in a tensor of bytes.", nameof(metadata));
        byte[] bytes = buffer.WrittenSpan.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(bytes, length);
        return bytes;
    }

    private static void WriteJson(Utf8JsonWriter json, IReadOnlyList<KeyValuePair<string, string>> metadata, IReadOnlyList<Tensor> tensors)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        json.WriteStartObject();
        if (metadata.Count > 0)
        {
            json.WriteStartObject(Header.MetadataName);
            foreach ((string name, string text) in metadata)
            {
                RequireNew(name);
                json.WriteString(name, text);
            }
            json.WriteEndObject();
        }
        seen.Clear();
        long offset = 0;
        foreach (Tensor tensor in tensors)
        {
            RequireNew(tensor.Name);
            json.WriteStartObject(tensor.Name);
            json.WriteString("dtype", tensor.Type.ToString());
            json.WriteStartArray("shape");
            foreach (long dimension in tensor.Shape) json.WriteNumberValue(dimension);
            json.WriteEndArray();
            json.WriteStartArray("data_offsets");
            json.WriteNumberValue(offset);
            json.WriteNumberValue(offset += tensor.Data.Length);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndObject();

        void RequireNew(string name)
        {
            if (name.Length == 0) throw new ArgumentException("A name must not be empty. Give every tensor and text a name.", nameof(tensors));
            if (!seen.Add(name)) throw new ArgumentException($"Names must be unique but '{name}' came twice. Rename one of them.", nameof(tensors));
        }
    }
}
