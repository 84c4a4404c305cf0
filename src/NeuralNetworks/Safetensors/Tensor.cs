using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Microsoft.ML.NeuralNetworks.Safetensors;

/// <summary>One named tensor: element type, dimensions (row-major, none for a single number) and its little-endian bytes.</summary>
internal sealed record Tensor
{
    /// <summary>More dimensions are refused, in files too.</summary>
    public const int MaximumRank = 8;

    /// <exception cref="ArgumentException">The name is empty or reserved, there are too many dimensions, or the bytes are not as many as the shape says.</exception>
    public Tensor(string name, TensorType type, ImmutableArray<long> shape, ReadOnlyMemory<byte> data)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name == Header.MetadataName) throw new ArgumentException($"name must not be '{name}'. That entry of the file holds the metadata.", nameof(name));
        if (shape.Length > MaximumRank) throw new ArgumentException($"shape must have at most {MaximumRank} dimensions but has {shape.Length}. Join some of them.", nameof(shape));
        if (TryLength(type, shape) is not { } length || length != data.Length)
            throw new ArgumentException($"data must have as many bytes as {type} [{string.Join(", ", shape)}] needs but has {data.Length}.", nameof(data));
        (Name, Type, Shape, Data) = (name, type, shape, data);
    }

    /// <summary>The name, unique in its file.</summary>
    public string Name { get; }

    /// <summary>The element type.</summary>
    public TensorType Type { get; }

    /// <summary>The dimensions, row-major.</summary>
    public ImmutableArray<long> Shape { get; }

    /// <summary>The little-endian bytes.</summary>
    public ReadOnlyMemory<byte> Data { get; }

    /// <summary>A view of <paramref name="values"/>, which must not change while the tensor is in use.</summary>
    public static Tensor Of<T>(string name, ReadOnlyMemory<T> values, params ReadOnlySpan<long> shape) where T : unmanaged =>
        new(name, TensorTypes.Of<T>(), shape.Length == 0 ? [values.Length] : [.. shape], new BytesOf<T>(values).Memory);

    /// <summary>The values.</summary>
    /// <exception cref="InvalidOperationException">The element type is another one.</exception>
    public ReadOnlySpan<T> Values<T>() where T : unmanaged => TensorTypes.Of<T>() == Type
        ? MemoryMarshal.Cast<byte, T>(Data.Span)
        : throw new InvalidOperationException($"Tensor '{Name}' must be {TensorTypes.Of<T>()} but was {Type}.");

    /// <summary>The position of the first value that is infinite or not a number; -1 without one. Integers are always finite.</summary>
    public long FirstNonFinite()
    {
        switch (Type)
        {
            case TensorType.F32:
                return First(Values<float>(), float.IsFinite);
            case TensorType.F64:
                return First(Values<double>(), double.IsFinite);
            case TensorType.F16:
                return First(Values<Half>(), Half.IsFinite);
            case TensorType.BF16:
                return First(MemoryMarshal.Cast<byte, ushort>(Data.Span), bits => (bits & 0x7f80) != 0x7f80);
            default:
                return -1;
        }
    }

    /// <summary>The bytes that a tensor of this type and shape has; null if a dimension is negative or the product is too large.</summary>

    internal static long? TryLength(TensorType type, ImmutableArray<long> shape)
    {
        long length = type.Size();
        bool empty = false;
        foreach (long dimension in shape)
        {
            if (dimension < 0) return null;
            if (dimension == 0) empty = true;
            else if (length > long.MaxValue / dimension) return null;
            else length *= dimension;
        }
        return empty ? 0 : length;
    }

    private static long First<T>(ReadOnlySpan<T> values, Func<T, bool> isFinite)
    {
        for (int i = 0; i < values.Length; i++)
            if (!isFinite(values[i]))
                return i;
        return -1;
    }
}
