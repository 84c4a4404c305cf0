using System.Buffers.Binary;
using System.Collections.Immutable;
using Microsoft.ML.NeuralNetworks.Safetensors;

namespace Microsoft.ML.NeuralNetworks.Layers;

/// <summary>
/// A parameter or buffer of an <see cref="OwnModule"/>. Flat buffers of weights hold floats alone, so the bytes of a tensor of
/// another type, such as a counter, lie there two by two, each pair as the integer that it is: exact, and always finite. Weights that a
/// module has as outputs x inputs lie there as inputs x outputs, as those of built-in layers: some optimizers treat each output on its own.
/// </summary>
/// <param name="Name">As the module calls it, such as <c>vision.0.weight</c>.</param>
/// <param name="Type">The element type; all but F32 are buffers.</param>
/// <param name="Shape">The dimensions, row-major.</param>
/// <param name="Role">What it is for.</param>
internal sealed record ModuleTensor(string Name, TensorType Type, ImmutableArray<int> Shape, ParameterRole Role)
{
    /// <summary>Its name.</summary>
    public string Name { get; } = string.IsNullOrEmpty(Name) ? throw new ArgumentException("A tensor of a module must have a name but had none. Name it where it is registered.", nameof(Name)) : Name;

    /// <summary>Its dimensions.</summary>
    public ImmutableArray<int> Shape { get; } = Shape.All(dimension => dimension >= 0) ? Shape : throw new ArgumentException($"The shape of '{Name}' must not have negative dimensions but was [{string.Join(", ", Shape)}].", nameof(Shape));

    /// <summary>What it is for.</summary>
    public ParameterRole Role { get; } = Type == TensorType.F32 || Role == ParameterRole.Buffer ? Role : throw new ArgumentException($"'{Name}' must be a buffer because its type is {Type} but was a parameter. Parameters are 32-bit floats.", nameof(Role));

    /// <summary>Whether its first dimension counts outputs.</summary>
    public bool OutputsFirst { get; init => field = value && Shape.Length < 2 ? throw new ArgumentException($"'{Name}' must have two dimensions or more to have its outputs first but had {Shape.Length}.", nameof(OutputsFirst)) : value; }

    /// <summary>Its place in flat buffers.</summary>
    public ParameterSpec Spec => IsFloat ? new(Name, OutputsFirst ? [.. Shape[1..], Shape[0]] : Shape, Role) : new(Name, [(Bytes + 1) / 2], Role);

    public bool IsFloat => Type == TensorType.F32;

    /// <summary>Bytes of its values.</summary>
    public int Bytes => Shape.Aggregate(Type.Size(), (product, dimension) => checked(product * dimension));

    public bool Equals(ModuleTensor? other) =>
        other is not null && Name == other.Name && Type == other.Type && Role == other.Role && OutputsFirst == other.OutputsFirst && Shape.AsSpan().SequenceEqual(other.Shape.AsSpan());

    public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);

    /// <summary>The bytes of a tensor that is not of 32-bit floats, from its place in a flat buffer.</summary>
    public byte[] Decode(ReadOnlySpan<float> pairs)
    {
        byte[] bytes = new byte[2 * pairs.Length];
        for (int i = 0; i < pairs.Length; i++) BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2 * i), (ushort)pairs[i]);
        return bytes[..Bytes];
    }

    /// <summary>The inverse of <see cref="Decode"/>.</summary>
    public static void Encode(ReadOnlySpan<byte> bytes, Span<float> pairs)
    {
        for (int i = 0; i < pairs.Length; i++) pairs[i] = bytes[2 * i] | (2 * i + 1 < bytes.Length ? bytes[2 * i + 1] << 8 : 0);
    }

    /// <summary>As a file has it: in its own type and shape.</summary>
    /// <param name="prefix">Stands before its name.</param>
    /// <param name="values">Its place in a flat buffer.</param>
    public Tensor ToTensor(string prefix, ReadOnlyMemory<float> values)
    {
        ImmutableArray<long> shape = [.. Shape.Select(dimension => (long)dimension)];
        if (!IsFloat) return new Tensor(prefix + Name, Type, shape, Decode(values.Span));
        if (!OutputsFirst) return Tensor.Of(prefix + Name, values, shape.AsSpan());
        float[] own = new float[values.Length];
        Transpose(values.Span, own, values.Length / Shape[0], Shape[0]);
        return Tensor.Of<float>(prefix + Name, own, shape.AsSpan());
    }

    /// <summary>Takes the values of a tensor of a file.</summary>
    /// <exception cref="InvalidDataException">It has another type or shape.</exception>
    public void Read(Tensor tensor, Span<float> place)
    {
        if (tensor.Type != Type || !tensor.Shape.AsSpan().SequenceEqual([.. Shape.Select(dimension => (long)dimension)]))
            throw new InvalidDataException($"The file must have {this} but has {tensor.Type} [{string.Join(", ", tensor.Shape)}]. It is damaged.");
        if (IsFloat) Place(tensor.Values<float>(), place);
        else Encode(tensor.Data.Span, place);
    }

    /// <summary>Puts the values of a tensor of 32-bit floats at their place in a flat buffer.</summary>
    /// <param name="own">In the module's order.</param>
    /// <param name="place">In the buffer's.</param>
    public void Place(ReadOnlySpan<float> own, Span<float> place)
    {
        if (OutputsFirst) Transpose(own, place, Shape[0], own.Length / Math.Max(1, Shape[0]));
        else own.CopyTo(place);
    }

    private static void Transpose(ReadOnlySpan<float> from, Span<float> to, int rows, int columns)
    {
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < columns; j++) to[j * rows + i] = from[i * columns + j];
    }

    /// <summary>For messages.</summary>
    public override string ToString() => $"{(Role == ParameterRole.Buffer ? "the buffer" : "the parameter")} '{Name}' of {Type} [{string.Join(", ", Shape)}]";
}
