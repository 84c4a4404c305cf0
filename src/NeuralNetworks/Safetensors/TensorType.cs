namespace Microsoft.ML.NeuralNetworks.Safetensors;

/// <summary>The element types that are read and written, under the names they have in the file.</summary>
internal enum TensorType
{
    /// <summary>Unsigned bytes.</summary>
    U8,

    /// <summary>32-bit integers.</summary>
    I32,

    /// <summary>64-bit integers.</summary>
    I64,

    /// <summary>The upper half of a 32-bit float.</summary>
    BF16,

    /// <summary>IEEE 754 half precision.</summary>
    F16,

    /// <summary>IEEE 754 single precision.</summary>
    F32,

    /// <summary>IEEE 754 double precision.</summary>
    F64,
}

/// <summary>Facts about element types.</summary>
internal static class TensorTypes
{
    /// <summary>Bytes per element.</summary>
    public static int Size(this TensorType type) => type switch
    {
        TensorType.U8 => 1,
        TensorType.BF16 or TensorType.F16 => 2,
        TensorType.I32 or TensorType.F32 => 4,
        TensorType.I64 or TensorType.F64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(type), $"type must be an element type but was {(int)type}."),
    };

    /// <summary>The element type whose .NET form is <typeparamref name="T"/>.</summary>
    public static TensorType Of<T>() where T : unmanaged =>
        typeof(T) == typeof(float) ? TensorType.F32
        : typeof(T) == typeof(double) ? TensorType.F64
        : typeof(T) == typeof(long) ? TensorType.I64
        : typeof(T) == typeof(int) ? TensorType.I32
        : typeof(T) == typeof(byte) ? TensorType.U8
        : typeof(T) == typeof(Half) ? TensorType.F16
        : throw new NotSupportedException($"T must be float, double, long, int, byte or Half but was {typeof(T).Name}. Convert the values first.");
}
