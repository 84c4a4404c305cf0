using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Microsoft.ML.TrainerSearch;

/// <summary>
/// One point of a space: a value for each parameter that exists there. Immutable, with equality, exact in text form:
/// <c>optimizer=adamw; learningRate=0.0031622776601683794; width=128</c>.
/// </summary>
public sealed class Configuration : IReadOnlyDictionary<string, double>, IEquatable<Configuration>
{
    private readonly Dictionary<string, double> values;

    internal Configuration(SearchSpace space, IReadOnlyDictionary<string, double> values)
    {
        Space = space;
        this.values = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (SpaceEntry entry in space.Entries)
            if (values.TryGetValue(entry.Parameter.Name, out double value))
                this.values.Add(entry.Parameter.Name, value);
    }

    internal SearchSpace Space { get; }

    /// <summary>The names of the parameters that exist here, in the order of the space.</summary>
    public IEnumerable<string> Keys => values.Keys;

    /// <summary>Their values: the number, or for a choice the index of the label.</summary>
    public IEnumerable<double> Values => values.Values;

    /// <inheritdoc/>
    public int Count => values.Count;

    /// <summary>The value of a parameter: the number, or for a choice the index of the label.</summary>
    /// <exception cref="KeyNotFoundException">The parameter does not exist in this configuration.</exception>
    public double this[string key] => values.TryGetValue(key, out double value)
        ? value
        : throw new KeyNotFoundException($"The configuration '{this}' has no '{key}'. Ask Has('{key}') for a conditional parameter.");

    /// <summary>True if the parameter exists in this configuration.</summary>
    public bool Has(string name) => values.ContainsKey(name);

    /// <summary>The value of a float parameter.</summary>
    public double Float(string name) => this[name];

    /// <summary>The value of an int parameter.</summary>
    public int Int(string name) => (int)this[name];

    /// <summary>The label of a choice.</summary>
    public string Choice(string name) => Text(name);

    /// <summary>The value as text: a label, a whole number, or the shortest number that reads back to the same bits.</summary>
    public string Text(string name) => Space[name].Format(this[name]);

    /// <summary>Reads <c>name=value; name=value</c>. Parameters may be left out; unknown names, repeated names and values outside of the space are errors.</summary>
    /// <exception cref="FormatException">The text is not a configuration of <paramref name="space"/>.</exception>
    public static Configuration Parse(string text, SearchSpace space)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(space);
        var values = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (string part in text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? part : part[..equals].TrimEnd();
            if (equals < 0) throw new FormatException($"A configuration must be 'name=value; name=value' but has '{part}'. Write '{part}=...'.");
            if (!space.Has(name)) throw new FormatException($"A configuration must name parameters of its space but names '{name}'. The space has: {string.Join(", ", space.Entries.Select(entry => entry.Parameter.Name))}.");
            if (!values.TryAdd(name, space[name].Parse(part[(equals + 1)..].TrimStart()))) throw new FormatException($"A configuration must name each parameter once but names '{name}' twice. Leave one out.");
        }
        return new Configuration(space, values);
    }

    /// <summary>The text form: <c>name=value; name=value</c>, in the order of the space.</summary>
    public override string ToString() => string.Join("; ", values.Select(pair => $"{pair.Key}={Space[pair.Key].Format(pair.Value)}"));

    /// <inheritdoc/>
    public bool Equals(Configuration? other) =>
        other is not null && values.Count == other.values.Count && values.All(pair => other.values.TryGetValue(pair.Key, out double value) && value.Equals(pair.Value));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Configuration);

    /// <inheritdoc/>
    public override int GetHashCode() => values.Aggregate(values.Count, (hash, pair) => HashCode.Combine(hash, pair.Key, pair.Value));

    bool IReadOnlyDictionary<string, double>.ContainsKey(string key) => values.ContainsKey(key);

    /// <inheritdoc/>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out double value) => values.TryGetValue(key, out value);

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, double>> GetEnumerator() => values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
