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

    /// <summary>Refuses a saved array of another kind or shape.</summary>
    /// <exception cref="InvalidDataException">The saved array has another kind or shape.</exception>
    public void RequireLike(StateArray saved)
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
