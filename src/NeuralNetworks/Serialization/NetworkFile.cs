using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;

namespace Microsoft.ML.NeuralNetworks.Serialization;

/// <summary>
/// A fitted network in one stream. All integers are little-endian:
/// <code>
/// 8 bytes   "NNFITTED"
/// uint32    version, 1
/// uint64    length of the whole, hash included
/// uint32    length of the description, then the description: strict JSON with layers, output, members and metadata
/// float32   for each member, for each parameter in layout order: its values without padding
/// uint32    length of the history, then the history
/// 32 bytes  SHA-256 of all before
/// </code>
/// The reader checks length and hash first, then every size against what is left before it allocates. The hash finds damage; it does
/// not say who wrote the file.
/// </summary>
internal static class NetworkFile
{
    public const uint Version = 1;

    private const int HashLength = 32;
    private const int HeaderLength = 24;
    private const int MaximumDescription = 1 << 24;

    // A network without parameters could claim any width; real ones have rows no longer than their weights, or no longer than this.
    public const int FreeWidth = 1 << 16;

    private static ReadOnlySpan<byte> Magic => "NNFITTED"u8;

    public static byte[] Write(FittedNetwork fitted)
    {
        byte[] description = Describe(fitted);
        int weights = fitted.Network.Layout.Sum(slot => slot.Count);
        int length = checked(HeaderLength + description.Length + fitted.Members * weights * sizeof(float) + sizeof(uint) + fitted.History.Length + HashLength);
        byte[] file = new byte[length];
        Span<byte> rest = file;
        Magic.CopyTo(rest);
        BinaryPrimitives.WriteUInt32LittleEndian(rest[8..], Version);
        BinaryPrimitives.WriteUInt64LittleEndian(rest[12..], (ulong)length);
        BinaryPrimitives.WriteUInt32LittleEndian(rest[20..], (uint)description.Length);
        rest = rest[HeaderLength..];
        description.CopyTo(rest);
        rest = rest[description.Length..];
        for (int member = 0; member < fitted.Members; member++)
            foreach (ParameterSlot slot in fitted.Network.Layout)
                foreach (float value in slot.In(fitted.Weights(member)))
                {
                    BinaryPrimitives.WriteSingleLittleEndian(rest, value);
                    rest = rest[sizeof(float)..];
                }
        BinaryPrimitives.WriteUInt32LittleEndian(rest, (uint)fitted.History.Length);
        fitted.History.CopyTo(rest[sizeof(uint)..]);
        SHA256.HashData(file.AsSpan(0, length - HashLength), file.AsSpan(length - HashLength));
        return file;
    }

    /// <exception cref="InvalidDataException">The file is damaged, from a newer version, or not one of these.</exception>
    public static FittedNetwork Read(byte[] file)
    {
        if (file.Length < HeaderLength + sizeof(uint) + HashLength || !file.AsSpan(0, 8).SequenceEqual(Magic))
            throw new InvalidDataException("The data is not a fitted network: its first bytes are not 'NNFITTED', at offset 0.");
        uint version = BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(8));
        if (version != Version)
            throw new InvalidDataException($"The fitted network must be of version {Version} but is of version {version}, at offset 8. Load it with a newer version of this library.");
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(12));
        if (length != (ulong)file.Length)
            throw new InvalidDataException($"The fitted network must have {length} bytes but has {file.Length}, at offset 12. The file is cut off or damaged.");
        int end = file.Length - HashLength;
        if (!SHA256.HashData(file.AsSpan(0, end)).AsSpan().SequenceEqual(file.AsSpan(end)))
            throw new InvalidDataException($"The fitted network is damaged: its checksum, at offset {end}, does not match.");

        uint descriptionLength = BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(20));
        if (descriptionLength > MaximumDescription || descriptionLength > end - HeaderLength - sizeof(uint))
            throw new InvalidDataException($"The description of the network claims {descriptionLength} bytes, at offset 20, more than there are or may be.");
        var (network, output, members, metadata) = StrictJson.Read(
            file.AsMemory(HeaderLength, (int)descriptionLength), Math.Max(FreeWidth, file.Length / sizeof(float)), ReadDescription);

        int offset = HeaderLength + (int)descriptionLength;
        long values = (long)network.Layout.Sum(slot => (long)slot.Count) * members;
        if (values * sizeof(float) + sizeof(uint) > end - offset)
            throw new InvalidDataException($"The network claims {values} weights, at offset {offset}, more than the {end - offset} bytes left can hold.");
        var weights = new List<ReadOnlyMemory<float>>();
        for (int member = 0; member < members; member++)
        {
            float[] buffer = new float[network.Layout.Length];
            foreach (ParameterSlot slot in network.Layout)
                foreach (ref float value in slot.In(buffer.AsSpan()))
                {
                    value = BinaryPrimitives.ReadSingleLittleEndian(file.AsSpan(offset));
                    if (!float.IsFinite(value)) throw new InvalidDataException($"Parameter '{slot.Spec.Name}' must be finite but has {value.ToString(System.Globalization.CultureInfo.InvariantCulture)}, at offset {offset}.");
                    offset += sizeof(float);
                }
            weights.Add(buffer);
        }

        uint historyLength = BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(offset));
        offset += sizeof(uint);
        if (historyLength != end - offset)
            throw new InvalidDataException($"The history must fill the {end - offset} bytes left but claims {historyLength}, at offset {offset - sizeof(uint)}.");
        try
        {
            return new FittedNetwork(network, weights, output, file.AsSpan(offset, (int)historyLength), metadata);
        }
        catch (ArgumentException fault)
        {
            throw new InvalidDataException($"The fitted network is not valid: {fault.Message}", fault);
        }
    }

    public static byte[] Describe(FittedNetwork fitted)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            LayerJson.Write(json, "layers", fitted.Network.Layers);
            OutputJson.Write(json, "output", fitted.Output);
            json.WriteNumber("members", fitted.Members);
            json.WriteStartObject("metadata");
            foreach (var (name, value) in fitted.Metadata) json.WriteString(name, value);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return stream.ToArray();
    }

    public static (Network, OutputTransform, int Members, ImmutableDictionary<string, string>) ReadDescription(JsonFields fields)
    {
        var network = new Network(LayerJson.Read(fields.Element("layers"), fields.LargestInteger));
        OutputTransform output = OutputJson.Read(fields.Element("output"), fields.LargestInteger);
        int members = fields.Integer("members");
        if (members < 1) throw new InvalidDataException($"members must be at least 1 but is {members}.");
        var metadata = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (JsonProperty fact in fields.Element("metadata").EnumerateObject())
            if (!metadata.TryAdd(fact.Name, fact.Value.GetString() ?? ""))
                throw new InvalidDataException($"metadata must have each name once but has '{fact.Name}' twice.");
        return (network, output, members, metadata.ToImmutable());
    }
}
