namespace Microsoft.ML.NeuralNetworks.Safetensors;

/// <summary>The file format is little-endian, and so is every processor that ML.NET's native parts run on.</summary>
internal static class Endianness
{
    /// <exception cref="PlatformNotSupportedException">This processor is big-endian.</exception>
    public static void RequireLittle()
    {
        if (!BitConverter.IsLittleEndian) throw new PlatformNotSupportedException("Safetensors files can be read and written on little-endian processors only.");
    }
}
