using System.Text.Json;

namespace Golden.Curves;

/// <summary>The parameters of a golden curve. It remembers which were read, so that one nobody reads is noticed.</summary>
public sealed class Parameters(JsonElement root)
{
    private readonly HashSet<string> _read = ["formula", "name", "verbose", "t_in_epochs"];

    /// <summary>Parameters that were never read: the mapping does not know them.</summary>
    public IReadOnlyList<string> Unread => [.. root.EnumerateObject().Select(property => property.Name).Where(name => !_read.Contains(name))];

    /// <summary>A number, or <paramref name="fallback"/> where it is absent or null.</summary>
    public double Number(string name, double? fallback = null) =>
        Find(name, fallback is not null) is { } value ? value.GetDouble() : fallback ?? throw new KeyNotFoundException(name);

    /// <summary>A whole number.</summary>
    public int Int(string name, int? fallback = null) => (int)Number(name, fallback);

    /// <summary>A number, or null.</summary>
    public double? Optional(string name) => Find(name, optional: true)?.GetDouble();

    /// <summary>A text.</summary>
    public string Text(string name, string? fallback = null) => Find(name, fallback is not null) is { } value ? value.ToString() : fallback!;

    /// <summary>true or false.</summary>
    public bool Flag(string name, bool fallback) => Find(name, optional: true)?.GetBoolean() ?? fallback;

    /// <summary>A list of numbers.</summary>
    public double[] Numbers(string name) => GoldenCurve.Numbers(Find(name, optional: false)!.Value);

    /// <summary>A list of texts.</summary>
    public string[] Texts(string name) => [.. Find(name, optional: false)!.Value.EnumerateArray().Select(item => item.ToString())];

    /// <summary>The raw value.</summary>
    public JsonElement Raw(string name) => Find(name, optional: false)!.Value;

    /// <summary>Whether it is there and not null.</summary>
    public bool Has(string name) => Find(name, optional: true) is not null;

    private JsonElement? Find(string name, bool optional)
    {
        _read.Add(name);
        if (root.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null)
            return value;
        return optional ? null : throw new KeyNotFoundException($"parameter {name} is missing");
    }
}
