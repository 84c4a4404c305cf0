using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.NeuralNetworks.Safetensors;

namespace Microsoft.ML.Trainers.Torch.Checkpoints;

/// <summary>
/// One checkpoint in one safetensors file. Its header starts with the SHA-256 of the whole file (taken with zeros in the hash's own place),
/// so that any damage is found before anything is used. See docs/checkpoints.md.
/// </summary>
internal static class CheckpointFile
{
    /// <summary>A text too long for the header is a tensor of bytes under this prefix and its name.</summary>
    public const string TextTensorPrefix = "text.";

    private const int Version = 1;
    private const string HashName = "sha256", FormatName = "format", VersionName = "format_version", StepName = "step", ScoreName = "score";
    private const string Format = "mlnetlr.checkpoint";
    private const string TextPrefix = "run.";
    private const int LongestTextInHeader = 4096;
    private const int HashLength = 2 * SHA256.HashSizeInBytes;

    private static readonly byte[] start = Encoding.ASCII.GetBytes($"{{\"{Header.MetadataName}\":{{\"{HashName}\":\"");
    private static readonly string zeros = new('0', HashLength);

    private static int HashOffset => Header.LengthSize + start.Length;

    /// <summary>Writes a checkpoint: the old file of that name or the new one is there at any moment, whole.</summary>
    /// <exception cref="ArgumentException">A tensor has a value that is infinite or not a number.</exception>
    /// <exception cref="IOException">It could not be written; an older file of that name is as it was.</exception>
    public static void Write(string path, Checkpoint checkpoint, IFileOperations? files = null, bool allowNonFinite = false)
    {
        List<KeyValuePair<string, string>> metadata =
        [
            new(HashName, zeros),
            new(FormatName, Format),
            new(VersionName, Version.ToString(CultureInfo.InvariantCulture)),
            new(StepName, checkpoint.Step.ToString(CultureInfo.InvariantCulture)),
        ];
        if (checkpoint.Score is { } score) metadata.Add(new(ScoreName, score.ToString("R", CultureInfo.InvariantCulture)));
        // Wide elements first: every tensor then starts at a multiple of its element's size.
        List<Tensor> tensors = [.. checkpoint.Tensors.OrderByDescending(tensor => tensor.Type.Size())];
        foreach (string name in checkpoint.TextNames)
        {
            byte[] text = Encoding.UTF8.GetBytes(checkpoint.Text(name));
            if (text.Length <= LongestTextInHeader) metadata.Add(new(TextPrefix + name, checkpoint.Text(name)));
            else tensors.Add(Tensor.Of<byte>(TextTensorPrefix + name, text));
        }
        if (!allowNonFinite && Unsound(tensors) is { } unsound) throw new ArgumentException($"The checkpoint of step {checkpoint.Step} was not written: {unsound}", nameof(checkpoint));

        byte[] header = SafetensorsWriter.HeaderBytes(metadata, tensors);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(header);
        foreach (Tensor tensor in tensors) hash.AppendData(tensor.Data.Span);
        Encoding.ASCII.GetBytes(Convert.ToHexStringLower(hash.GetHashAndReset())).CopyTo(header, HashOffset);

        AtomicFile.Write(path, header.Length + tensors.Sum(tensor => (long)tensor.Data.Length), stream =>
        {
            stream.Write(header);
            foreach (Tensor tensor in tensors) stream.Write(tensor.Data.Span);
        }, files ?? FileOperations.Instance);
    }

    /// <summary>Reads a checkpoint whole, and gives nothing if anything in it is wrong.</summary>
    /// <param name="path">The file.</param>
    /// <param name="allowNonFinite">Whether infinite values and NaN are let through.</param>
    /// <exception cref="InvalidDataException">The file is damaged, is not a checkpoint, or is of a later version.</exception>
    public static Checkpoint Read(string path, bool allowNonFinite = false)
    {
        using SafetensorsReader reader = SafetensorsReader.Open(path);
        return Read(reader, path, allowNonFinite);
    }

    /// <inheritdoc cref="Read(string, bool)"/>
    public static Checkpoint Read(Stream stream, string path, bool allowNonFinite = false)
    {
        using SafetensorsReader reader = SafetensorsReader.Open(stream, path, leaveOpen: true);
        return Read(reader, path, allowNonFinite);
    }

    /// <summary>The step and the score of a file by its header alone; null if that is damaged or not a checkpoint's.</summary>
    public static (long Step, double? Score)? Peek(string path)
    {
        try
        {
            using SafetensorsReader reader = SafetensorsReader.Open(path);
            RequireFormat(reader, path);
            return (Step(reader.Header, path), Score(reader.Header, path));
        }
        catch (Exception e) when (e is InvalidDataException or FileNotFoundException)
        {
            return null;
        }
    }

    private static Checkpoint Read(SafetensorsReader reader, string path, bool allowNonFinite)
    {
        RequireFormat(reader, path);
        byte[] header = reader.HeaderBytes.ToArray();
        string stored = Encoding.ASCII.GetString(header, HashOffset, HashLength);
        Encoding.ASCII.GetBytes(zeros).CopyTo(header, HashOffset);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(header);
        List<Tensor> tensors = [];
        foreach (Tensor tensor in reader.ReadTensors())
        {
            hash.AppendData(tensor.Data.Span);
            tensors.Add(tensor);
        }
        string actual = Convert.ToHexStringLower(hash.GetHashAndReset());
        if (actual != stored)
            throw new InvalidDataException($"'{path}' is damaged at byte {HashOffset}: its content has the SHA-256 {actual}, not the {stored} that it was written with. Use an older checkpoint.");
        if (!allowNonFinite && Unsound(tensors) is { } unsound) throw new InvalidDataException($"'{path}' cannot be used: {unsound}");

        var builder = new Checkpoint.Builder();
        foreach ((string name, string text) in reader.Header.Metadata)
            if (name.StartsWith(TextPrefix, StringComparison.Ordinal) && name.Length > TextPrefix.Length)
                builder.Add(name[TextPrefix.Length..], text);
            else if (name is not (HashName or FormatName or VersionName or StepName or ScoreName))
                throw new InvalidDataException($"'{path}' is not a checkpoint of this library: it has the unknown text '{name}'.");
        foreach (Tensor tensor in tensors)
            if (tensor.Name.StartsWith(TextTensorPrefix, StringComparison.Ordinal))
                AddLongText(builder, tensor, path);
            else
                builder.Add(tensor);
        return builder.Build(Step(reader.Header, path), Score(reader.Header, path), path);
    }

    private static void RequireFormat(SafetensorsReader reader, string path)
    {
        IReadOnlyDictionary<string, string> metadata = reader.Header.Metadata;
        if (metadata.GetValueOrDefault(FormatName) != Format)
            throw new InvalidDataException($"'{path}' is not a checkpoint of this library: its header has no {FormatName} '{Format}'.");
        string version = metadata.GetValueOrDefault(VersionName) ?? "";
        if (version != Version.ToString(CultureInfo.InvariantCulture))
            throw new InvalidDataException($"'{path}' is a checkpoint of format version '{version}', and this version of the library reads version {Version}. Use the version that wrote it, or a later one.");
        ReadOnlySpan<byte> header = reader.HeaderBytes.Span;
        if (header.Length < HashOffset + HashLength || !header[Header.LengthSize..].StartsWith(start) || metadata.GetValueOrDefault(HashName)?.Length != HashLength)
            throw new InvalidDataException($"'{path}' is damaged at byte {Header.LengthSize}: a checkpoint's header must start with its {HashName}.");
    }

    private static long Step(Header header, string path) =>
        long.TryParse(header.Metadata.GetValueOrDefault(StepName), NumberStyles.None, CultureInfo.InvariantCulture, out long step)
            ? step
            : throw new InvalidDataException($"'{path}' is not a checkpoint of this library: it does not say its {StepName}.");

    private static double? Score(Header header, string path) =>
        header.Metadata.GetValueOrDefault(ScoreName) is not { } text ? null
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double score) ? score
        : throw new InvalidDataException($"'{path}' has the {ScoreName} '{text}', which must be a number.");

    private static void AddLongText(Checkpoint.Builder builder, Tensor tensor, string path)
    {
        try
        {
            string name = tensor.Name[TextTensorPrefix.Length..];
            if (name.Length == 0 || tensor.Type != TensorType.U8) throw new InvalidDataException($"'{path}' has the tensor '{tensor.Name}', which must be a named text in bytes.");
            builder.Add(name, new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(tensor.Data.Span));
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"'{path}' has the text '{tensor.Name}' twice, or not in UTF-8: {e.Message}", e);
        }
    }

    private static string? Unsound(IEnumerable<Tensor> tensors)
    {
        foreach (Tensor tensor in tensors)
            if (tensor.FirstNonFinite() is >= 0 and long place)
                return $"tensor '{tensor.Name}' has at position {place} a value that is infinite or not a number.";
        return null;
    }
}
