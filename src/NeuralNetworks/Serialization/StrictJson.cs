using System.Text.Json;

namespace Microsoft.ML.NeuralNetworks.Serialization;

/// <summary>Reads a description that nobody vouches for: every fault in it is one exception type.</summary>
internal static class StrictJson
{
    private const int MaximumDepth = 32;

    /// <exception cref="InvalidDataException">The text is not JSON, or <paramref name="read"/> does not accept it.</exception>
    public static T Read<T>(ReadOnlyMemory<byte> utf8, int largestInteger, Func<JsonFields, T> read)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = MaximumDepth });
            var fields = new JsonFields(document.RootElement, largestInteger);
            T result = read(fields);
            fields.End();
            return result;
        }
        catch (Exception fault) when (fault is JsonException or FormatException or ArgumentException or OverflowException or InvalidOperationException or KeyNotFoundException)
        {
            throw new InvalidDataException($"The description of the network is not valid: {fault.Message}", fault);
        }
    }
}
