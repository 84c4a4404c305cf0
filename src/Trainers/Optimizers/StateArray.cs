using System.Collections.Immutable;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>A named piece of an optimizer's state, as it lies in memory: what a checkpoint keeps, bit for bit. Exactly one of the two memories is used.</summary>
/// <param name="Name"><c>layers.0.weight/m</c> for a slot, <c>group:default/product</c> for a number of a group.</param>
/// <param name="Shape">Its dimensions, row-major.</param>
/// <param name="Floats">The values of a float array.</param>
/// <param name="Doubles">The values of a double array.</param>
internal sealed record StateArray(string Name, ImmutableArray<int> Shape, Memory<float>? Floats, Memory<double>? Doubles)
{
    /// <summary>An array of either kind.</summary>
    public static StateArray Of<TElement>(string name, ImmutableArray<int> shape, Memory<TElement> values) where TElement : unmanaged => (object)values switch
    {
        Memory<float> floats => new(name, shape, floats, null),
        Memory<double> doubles => new(name, shape, null, doubles),
        _ => throw new ArgumentException($"State must be float or double but was {typeof(TElement).Name}.", nameof(values)),
    };

    /// <summary>The saved arrays by name, after checking that they are those of <paramref name="state"/> and nothing else.</summary>
    /// <exception cref="InvalidDataException">A name is missing or unknown, or a shape differs.</exception>
    public static IReadOnlyDictionary<string, StateArray> Match(IReadOnlyList<StateArray> state, IReadOnlyList<StateArray> saved)
    {
        Dictionary<string, StateArray> byName = saved.ToDictionary(array => array.Name, StringComparer.Ordinal);
        if (state.FirstOrDefault(array => !byName.ContainsKey(array.Name)) is { } missing)
            throw new InvalidDataException($"The checkpoint must hold the optimizer state '{missing.Name}' but does not. Resume with the optimizer and groups that were saved.");
        HashSet<string> names = [.. state.Select(array => array.Name)];
        if (saved.FirstOrDefault(array => !names.Contains(array.Name)) is { } unknown)
            throw new InvalidDataException($"The checkpoint holds the optimizer state '{unknown.Name}', which this optimizer does not have. Resume with the optimizer and groups that were saved.");
        foreach (StateArray array in state) array.RequireLike(byName[array.Name]);
        return byName;
    }

    /// <summary>Refuses a saved array of another kind or shape.</summary>
    /// <exception cref="InvalidDataException">The saved array has another kind or shape.</exception>
    private void RequireLike(StateArray saved)
    {
        if (!Shape.AsSpan().SequenceEqual(saved.Shape.AsSpan()) || Floats.HasValue != saved.Floats.HasValue)
            throw new InvalidDataException($"The state '{Name}' must be {Describe(this)} but was {Describe(saved)}. Resume with the optimizer and network that were saved.");
    }

    /// <summary>Takes the values of a saved array of the same kind and shape.</summary>
    public void CopyFrom(StateArray saved)
    {
        saved.Floats?.CopyTo(Floats!.Value);
        saved.Doubles?.CopyTo(Doubles!.Value);
    }

    private static string Describe(StateArray array) =>
        $"{(array.Floats is null ? "double" : "float")}[{string.Join(", ", array.Shape)}]";
}
