using System.Collections.Immutable;
using System.Text.Json;

namespace Microsoft.ML.NeuralNetworks.Serialization;

/// <summary>
/// The fields of one JSON object, each read once. A missing, unknown, repeated or ill-typed field is an error, and so is an integer
/// above the limit: whoever reads may allocate that much.
/// </summary>
internal sealed class JsonFields
{
    private readonly Dictionary<string, JsonElement> left = new(StringComparer.Ordinal);

    public JsonFields(JsonElement element, int largestInteger)
    {
        LargestInteger = largestInteger;
        if (element.ValueKind != JsonValueKind.Object) throw new InvalidDataException($"The description must have an object here but has {element.ValueKind}.");
        foreach (JsonProperty property in element.EnumerateObject())
            if (!left.TryAdd(property.Name, property.Value))
                throw new InvalidDataException($"The description must have each field once but has '{property.Name}' twice.");
    }

    public int LargestInteger { get; }

    public JsonElement Element(string name) =>
        left.Remove(name, out JsonElement value) ? value : throw new InvalidDataException($"The description must have the field '{name}' but has not.");

    public string Text(string name) => Element(name).GetString() ?? throw new InvalidDataException($"The field '{name}' must be text but is null.");

    public int Integer(string name) => Limited(name, Element(name).GetInt32());

    public float Number(string name) => Element(name).GetSingle();

    public float Number(string name, float missing) => left.ContainsKey(name) ? Number(name) : missing;

    public bool Flag(string name) => Element(name).GetBoolean();

    public ImmutableArray<int> Integers(string name) => [.. Element(name).EnumerateArray().Select(element => Limited(name, element.GetInt32()))];

    public float[] Numbers(string name) => [.. Element(name).EnumerateArray().Select(element => element.GetSingle())];

    public T Choice<T>(string name) where T : struct, Enum
    {
        string text = Text(name);
        foreach (T value in Enum.GetValues<T>())
            if (JsonText(value) == text)
                return value;
        throw new InvalidDataException($"The field '{name}' must be one of {string.Join(", ", Enum.GetValues<T>().Select(JsonText))} but is '{text}'. A newer version may have written the file.");
    }

    /// <summary>How an enumeration's value is written.</summary>
    public static string JsonText<T>(T value) where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());

    /// <summary>Says that nothing else may follow.</summary>
    public void End()
    {
        if (left.Count > 0) throw new InvalidDataException($"The description has the unknown field '{left.Keys.First()}'. A newer version may have written the file.");
    }

    private int Limited(string name, int value) => value <= LargestInteger
        ? value
        : throw new InvalidDataException($"The field '{name}' must be at most {LargestInteger} but is {value}. The file is too short for a network of that size.");
}
