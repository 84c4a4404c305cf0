using System.Collections;
using System.Collections.Immutable;
using System.Globalization;

namespace Microsoft.ML.NeuralNetworks;

/// <summary>One parameter at its place in the flat buffer.</summary>
/// <param name="Spec">Name, shape and role.</param>
/// <param name="Offset">Index of its first value; a multiple of <see cref="ParameterLayout.Alignment"/>.</param>
public sealed record ParameterSlot(ParameterSpec Spec, int Offset)
{
    /// <summary>The number of values, without padding.</summary>
    public int Count { get; } = Spec.Count;

    /// <summary>The index after its last value and its padding.</summary>
    public int PaddedEnd { get; } = checked(Offset + ParameterLayout.Padded(Spec.Count));

    /// <summary>Its values within <paramref name="buffer"/>, a buffer of this layout.</summary>
    public Span<T> In<T>(Span<T> buffer) => buffer.Slice(Offset, Count);

    /// <summary>Its values within <paramref name="buffer"/>, a buffer of this layout.</summary>
    public ReadOnlySpan<T> In<T>(ReadOnlySpan<T> buffer) => buffer.Slice(Offset, Count);
}

/// <summary>
/// Where each parameter of a network lies in one flat buffer. Every parameter starts at a multiple of
/// <see cref="Alignment"/> values and is padded with zeros, so that vector code needs no tail.
/// Weights, gradients and optimizer state all use the same layout. Buffers, which are not trained, lie at the end.
/// </summary>
public sealed class ParameterLayout : IReadOnlyList<ParameterSlot>
{
    /// <summary>Values per alignment unit: 16 floats, one cache line and one AVX-512 register.</summary>
    public const int Alignment = 16;

    // What one array holds, with room for the padding of the last parameter.
    private static readonly int LargestLength = Array.MaxLength - Alignment;

    private readonly ImmutableArray<ParameterSlot> slots;

    /// <summary>Lays the parameters out in the given order, buffers after all others.</summary>
    /// <exception cref="ArgumentException">Two parameters have the same name, or all together are more values than one array holds.</exception>
    public ParameterLayout(IEnumerable<ParameterSpec> parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        var builder = ImmutableArray.CreateBuilder<ParameterSlot>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        int offset = 0;
        foreach (ParameterSpec spec in parameters.OrderBy(spec => !spec.IsTrainable))
        {
            if (!names.Add(spec.Name))
                throw new ArgumentException($"Parameter names must be unique but '{spec.Name}' came twice. Give each layer its own name.", nameof(parameters));
            double end = offset + spec.Shape.Aggregate(1.0, (product, dimension) => product * dimension);
            if (end > LargestLength)
                throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                    $"A network must have at most {LargestLength} parameters but has {end:0} or more, with '{spec.Name}' of {string.Join(" x ", spec.Shape)}. Use smaller layers."), nameof(parameters));
            var slot = new ParameterSlot(spec, offset);
            builder.Add(slot);
            offset = slot.PaddedEnd;
            if (spec.IsTrainable) TrainableLength = offset;
        }
        slots = builder.ToImmutable();
        Length = offset;
    }

    /// <summary>The length of a buffer of this layout, padding included.</summary>
    public int Length { get; }

    /// <summary>The part of a buffer of this layout that is trained: its first values, padding included. Buffers follow.</summary>
    public int TrainableLength { get; }

    /// <inheritdoc/>
    public int Count => slots.Length;

    /// <inheritdoc/>
    public ParameterSlot this[int index] => slots[index];

    /// <summary>The slot of that name.</summary>
    /// <exception cref="KeyNotFoundException">There is no parameter of that name.</exception>
    public ParameterSlot this[string name] =>
        slots.FirstOrDefault(slot => slot.Spec.Name == name)
        ?? throw new KeyNotFoundException($"The network has no parameter '{name}'. It has: {string.Join(", ", slots.Select(slot => slot.Spec.Name))}.");

    /// <summary>One worker's share of what is trained: whole cache lines, so that no two write to the same.</summary>
    internal (int Start, int End) Share(int worker, int workers)
    {
        long lines = TrainableLength / Alignment;
        return ((int)(lines * worker / workers) * Alignment, (int)(lines * (worker + 1) / workers) * Alignment);
    }

    /// <summary><paramref name="count"/> rounded up to a multiple of <see cref="Alignment"/>.</summary>
    public static int Padded(int count) => checked(count + Alignment - 1) / Alignment * Alignment;

    /// <inheritdoc/>
    public IEnumerator<ParameterSlot> GetEnumerator() => ((IEnumerable<ParameterSlot>)slots).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
