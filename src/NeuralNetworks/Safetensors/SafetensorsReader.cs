using System.Buffers.Binary;

namespace Microsoft.ML.NeuralNetworks.Safetensors;

/// <summary>
/// Reads a safetensors file, strictly and with bounded memory: the header is checked whole, against the length of the file,
/// before a tensor is read, and what is allocated is never more than the file is long.
/// </summary>
internal sealed class SafetensorsReader : IDisposable
{
    private readonly Stream stream;
    private readonly string path;
    private readonly bool leaveOpen;

    private SafetensorsReader(Stream stream, string path, bool leaveOpen, byte[] headerBytes, Header header)
    {
        this.stream = stream;
        this.path = path;
        this.leaveOpen = leaveOpen;
        HeaderBytes = headerBytes;
        Header = header;
    }

    /// <summary>The checked header.</summary>
    public Header Header { get; }

    /// <summary>The length field and the JSON as they are in the file.</summary>
    public ReadOnlyMemory<byte> HeaderBytes { get; }

    /// <summary>Opens a file and reads its header.</summary>
    /// <exception cref="InvalidDataException">The file is not a whole and sound safetensors file.</exception>
    public static SafetensorsReader Open(string path, int maximumHeaderLength = Header.DefaultMaximumLength)
    {
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
        try
        {
            return Open(stream, path, leaveOpen: false, maximumHeaderLength);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Reads the header of a file that starts where <paramref name="stream"/> stands and ends where it ends.</summary>
    /// <param name="stream">A stream that knows its length.</param>
    /// <param name="path">The file's name for messages.</param>
    /// <param name="leaveOpen">Whether the stream stays open after this reader.</param>
    /// <param name="maximumHeaderLength">A longer header is refused unread.</param>
    /// <exception cref="InvalidDataException">It is not a whole and sound safetensors file.</exception>
    public static SafetensorsReader Open(Stream stream, string path, bool leaveOpen, int maximumHeaderLength = Header.DefaultMaximumLength)
    {
        Endianness.RequireLittle();
        long fileLength = stream.Length - stream.Position;
        if (fileLength < Header.LengthSize)
            throw new InvalidDataException($"'{path}' is damaged at byte {fileLength}: it ends before the length of its header.");
        Span<byte> lengthField = stackalloc byte[Header.LengthSize];
        ReadExactly(stream, lengthField, path, 0);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(lengthField);
        if (length > (ulong)maximumHeaderLength || length > (ulong)(fileLength - Header.LengthSize))
            throw new InvalidDataException($"'{path}' is damaged at byte 0: its header must have at most {Math.Min(maximumHeaderLength, fileLength - Header.LengthSize)} bytes but claims {length}.");

        var headerBytes = new byte[Header.LengthSize + (int)length];
        lengthField.CopyTo(headerBytes);
        ReadExactly(stream, headerBytes.AsSpan(Header.LengthSize), path, Header.LengthSize);
        return new SafetensorsReader(stream, path, leaveOpen, headerBytes, Header.Parse(headerBytes.AsSpan(Header.LengthSize), fileLength, path));
    }

    /// <summary>Reads the tensors in the order of <see cref="Header.Tensors"/>, once.</summary>
    /// <exception cref="InvalidDataException">The file ended early, or a tensor is too long for one array.</exception>
    public IEnumerable<Tensor> ReadTensors()
    {
        foreach (TensorEntry entry in Header.Tensors)
        {
            if (entry.Length > Array.MaxLength)
                throw new InvalidDataException($"'{path}' has at byte {entry.Offset} a tensor '{entry.Name}' of {entry.Length} bytes; at most {Array.MaxLength} can be read.");
            var data = new byte[entry.Length];
            ReadExactly(stream, data, path, entry.Offset);
            yield return new Tensor(entry.Name, entry.Type, entry.Shape, data);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!leaveOpen) stream.Dispose();
    }

    private static void ReadExactly(Stream stream, Span<byte> target, string path, long offset)
    {
        int read = stream.ReadAtLeast(target, target.Length, throwOnEndOfStream: false);
        if (read < target.Length) throw new InvalidDataException($"'{path}' is damaged at byte {offset + read}: it ended while it was read.");
    }
}
