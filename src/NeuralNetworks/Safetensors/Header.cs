using System.Collections.Immutable;
using System.Text.Json;

namespace Microsoft.ML.NeuralNetworks.Safetensors;

/// <summary>
/// The header of a safetensors file: 8 bytes of length (little-endian), then JSON of that length, then the tensors' bytes.
/// Read strictly: names are unique, shapes and types fit the lengths, and the tensors fill the rest of the file without holes or overlap.
/// </summary>
internal sealed class Header
{
    /// <summary>The entry that holds text instead of a tensor.</summary>
    public const string MetadataName = "__metadata__";

    /// <summary>Bytes before the JSON.</summary>
    public const int LengthSize = 8;

    /// <summary>The longest header that is read unless the caller says otherwise: 1 MiB.</summary>
    public const int DefaultMaximumLength = 1 << 20;

    private Header(ImmutableSortedDictionary<string, string> metadata, ImmutableArray<TensorEntry> tensors)
    {
        Metadata = metadata;
        Tensors = tensors;
    }

    /// <summary>The text entries.</summary>
    public ImmutableSortedDictionary<string, string> Metadata { get; }

    /// <summary>The tensors in the order of their bytes in the file.</summary>
    public ImmutableArray<TensorEntry> Tensors { get; }

    /// <summary>Reads the JSON of a header.</summary>
    /// <param name="json">The JSON, blanks after it included.</param>
    /// <param name="fileLength">The length of the whole file.</param>
    /// <param name="path">The file's name for messages.</param>
    /// <exception cref="InvalidDataException">Anything is not as described above; the message has the path and the offset.</exception>
    public static Header Parse(ReadOnlySpan<byte> json, long fileLength, string path)
    {
        if (!json.StartsWith("{"u8)) throw new InvalidDataException($"'{path}' is damaged at byte {LengthSize}: the header must start with '{{'.");
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 3 });
        try
        {
            return new Parser(path, dataStart: LengthSize + json.Length, fileLength).Read(ref reader);
        }
        // GetString throws InvalidOperationException for text that is not UTF-8.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"'{path}' is damaged at byte {LengthSize + reader.BytesConsumed}: the header is not JSON of the expected form. {e.Message}", e);
        }
    }

    private sealed class Parser(string path, long dataStart, long fileLength)
    {
        private readonly ImmutableSortedDictionary<string, string>.Builder metadata = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        private readonly List<TensorEntry> tensors = [];
        private readonly HashSet<string> names = new(StringComparer.Ordinal);

        public Header Read(ref Utf8JsonReader reader)
        {
            Expect(ref reader, JsonTokenType.StartObject, "an object");
            while (NextName(ref reader, names) is { } name)
                if (name == MetadataName)
                    ReadMetadata(ref reader);
                else
                    tensors.Add(ReadTensor(ref reader, name));
            // Reading on finds anything but blanks behind the JSON.
            if (reader.Read()) throw Damaged(ref reader, "there is more after the header");
            return new Header(metadata.ToImmutable(), InOrder());
        }

        private void ReadMetadata(ref Utf8JsonReader reader)
        {
            Expect(ref reader, JsonTokenType.StartObject, "an object of texts");
            var seen = new HashSet<string>(StringComparer.Ordinal);
            while (NextName(ref reader, seen) is { } name)
            {
                Expect(ref reader, JsonTokenType.String, "a text");
                metadata.Add(name, reader.GetString()!);
            }
        }

        private TensorEntry ReadTensor(ref Utf8JsonReader reader, string name)
        {
            Expect(ref reader, JsonTokenType.StartObject, "a tensor's description");
            var fields = new HashSet<string>(StringComparer.Ordinal);
            TensorType type = default;
            ImmutableArray<long> shape = default, offsets = default;
            while (NextName(ref reader, fields) is { } field)
                switch (field)
                {
                    case "dtype":
                        Expect(ref reader, JsonTokenType.String, "an element type");
                        string text = reader.GetString()!;
                        // Enum.TryParse also takes numbers and blanks.
                        if (!Enum.TryParse(text, out type) || !Enum.IsDefined(type) || type.ToString() != text)
                            throw Damaged(ref reader, $"tensor '{name}' has the element type '{text}', which is not one of {string.Join(", ", Enum.GetNames<TensorType>())}");
                        break;
                    case "shape":
                        shape = ReadNumbers(ref reader, Tensor.MaximumRank, $"tensor '{name}' has more than {Tensor.MaximumRank} dimensions");
                        break;
                    case "data_offsets":
                        offsets = ReadNumbers(ref reader, 2, $"tensor '{name}' has more than two offsets");
                        break;
                    default:
                        throw Damaged(ref reader, $"tensor '{name}' has the unknown entry '{field}'");
                }
            if (fields.Count != 3 || offsets.Length != 2)
                throw Damaged(ref reader, $"tensor '{name}' must have dtype, shape and two data_offsets");

            long available = fileLength - dataStart, start = offsets[0], end = offsets[1];
            if (start > end || end > available)
                throw Damaged(ref reader, $"tensor '{name}' lies at {start} to {end} of {available} bytes of data");
            if (Tensor.TryLength(type, shape) is not { } length || length != end - start)
                throw Damaged(ref reader, $"tensor '{name}' has {end - start} bytes, which is not what {type} [{string.Join(", ", shape)}] needs");
            return new TensorEntry(name, type, shape, dataStart + start, end - start);
        }

        private ImmutableArray<long> ReadNumbers(ref Utf8JsonReader reader, int maximum, string tooMany)
        {
            Expect(ref reader, JsonTokenType.StartArray, "a list of numbers");
            var numbers = ImmutableArray.CreateBuilder<long>();
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (numbers.Count == maximum) throw Damaged(ref reader, tooMany);
                if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long number) || number < 0)
                    throw Damaged(ref reader, "a whole number of 0 or more was expected");
                numbers.Add(number);
            }
            return numbers.ToImmutable();
        }

        private string? NextName(ref Utf8JsonReader reader, HashSet<string> seen)
        {
            reader.Read();
            if (reader.TokenType == JsonTokenType.EndObject) return null;
            string name = reader.GetString()!;
            if (name.Length == 0) throw Damaged(ref reader, "a name is empty");
            return seen.Add(name) ? name : throw Damaged(ref reader, $"the name '{name}' comes twice");
        }

        private void Expect(ref Utf8JsonReader reader, JsonTokenType token, string what)
        {
            reader.Read();
            if (reader.TokenType != token) throw Damaged(ref reader, $"{what} was expected");
        }

        private ImmutableArray<TensorEntry> InOrder()
        {
            // Empty tensors first among those that start at the same byte.
            ImmutableArray<TensorEntry> inOrder = [.. tensors.OrderBy(tensor => tensor.Offset).ThenBy(tensor => tensor.Length)];
            long expected = dataStart;
            foreach (TensorEntry tensor in inOrder)
            {
                if (tensor.Offset != expected)
                    throw new InvalidDataException($"'{path}' is damaged at byte {Math.Min(expected, tensor.Offset)}: tensor '{tensor.Name}' starts at byte {tensor.Offset} but the one before it ends at {expected}.");
                expected += tensor.Length;
            }
            if (expected != fileLength)
                throw new InvalidDataException($"'{path}' is damaged at byte {Math.Min(expected, fileLength)}: its tensors end at byte {expected} but the file has {fileLength} bytes.");
            return inOrder;
        }

        private InvalidDataException Damaged(ref Utf8JsonReader reader, string what) =>
            new($"'{path}' is damaged at byte {LengthSize + reader.TokenStartIndex}: {what}.");
    }
}
