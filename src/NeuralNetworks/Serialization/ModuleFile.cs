using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.NeuralNetworks.Safetensors;

namespace Microsoft.ML.NeuralNetworks.Serialization;

/// <summary>
/// A fitted network whose layers are the application's own module, as a safetensors file: each parameter and buffer of the module
/// under its own name and in its own type, and the history as the bytes <c>text.history</c>. The metadata has the description that
/// <see cref="NetworkFile"/> writes too, and the SHA-256 of it and of all names and values in their order.
/// </summary>
internal static class ModuleFile
{
    private const string FormatName = "format", Format = "mlnetlr.module", VersionName = "format_version", Version = "1";
    private const string DescriptionName = "description", HashName = "sha256", HistoryName = "text.history";

    // For messages: the entry of the model.
    private const string Path = "weights.safetensors";

    public static byte[] Write(FittedNetwork fitted)
    {
        string description = Encoding.UTF8.GetString(NetworkFile.Describe(fitted));
        List<Tensor> tensors = [.. Tensors(fitted, 0, ""), Tensor.Of<byte>(HistoryName, fitted.History.ToArray())];
        using var stream = new MemoryStream();
        SafetensorsWriter.Write(
            stream, [new(FormatName, Format), new(VersionName, Version), new(DescriptionName, description), new(HashName, Hash(description, tensors))], tensors);
        return stream.ToArray();
    }

    /// <exception cref="InvalidDataException">The file is damaged, from a newer version, or not one of these.</exception>
    public static FittedNetwork Read(byte[] file)
    {
        using SafetensorsReader reader = SafetensorsReader.Open(new MemoryStream(file), Path, leaveOpen: false);
        IReadOnlyDictionary<string, string> metadata = reader.Header.Metadata;
        if (Text(FormatName) != Format || Text(VersionName) != Version)
            throw new InvalidDataException($"The fitted module must be of format '{Format}' {Version} but is of '{Text(FormatName)}' {Text(VersionName)}. Load it with a newer version of this library.");
        Dictionary<string, Tensor> tensors = reader.ReadTensors().ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        if (Hash(Text(DescriptionName), reader.Header.Tensors.Select(entry => tensors[entry.Name])) != Text(HashName))
            throw new InvalidDataException("The fitted module is damaged: its checksum does not match.");

        var (network, output, members, facts) = StrictJson.Read(
            Encoding.UTF8.GetBytes(Text(DescriptionName)), Math.Max(NetworkFile.FreeWidth, file.Length), NetworkFile.ReadDescription);
        if (network.Layers is not [OwnModule module] || members != 1)
            throw new InvalidDataException($"The fitted module must be one module but has {network.Layers.Length} layers and {members} members.");
        tensors.Remove(HistoryName, out Tensor? history);
        float[] weights = new float[network.Layout.Length];
        foreach (ModuleTensor tensor in module.Tensors)
        {
            if (!tensors.Remove(tensor.Name, out Tensor? saved)) throw new InvalidDataException($"The fitted module must have {tensor} but has no tensor of that name. It is damaged.");
            tensor.Read(saved, network.Layout[tensor.Name].In(weights.AsSpan()));
        }
        if (tensors.Count > 0) throw new InvalidDataException($"The fitted module has the unknown tensor '{tensors.Keys.First()}'.");
        try
        {
            return new FittedNetwork(network, weights, output, history is null ? [] : history.Data.Span, facts);
        }
        catch (ArgumentException fault)
        {
            throw new InvalidDataException($"The fitted module is not valid: {fault.Message}", fault);
        }

        string Text(string name) => metadata.GetValueOrDefault(name) ?? "";
    }

    /// <summary>Parameters and buffers of one member, those of modules in their own types; wide elements first, so that each tensor is aligned.</summary>
    public static IEnumerable<Tensor> Tensors(FittedNetwork fitted, int member, string prefix)
    {
        Dictionary<string, ModuleTensor> own = fitted.Network.Layers.OfType<OwnModule>().SelectMany(module => module.Tensors).ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        return fitted.Network.Layout.Select(slot =>
        {
            ReadOnlyMemory<float> values = fitted.WeightsMemory(member).Slice(slot.Offset, slot.Count);
            return own.TryGetValue(slot.Spec.Name, out ModuleTensor? tensor)
                ? tensor.ToTensor(prefix, values)
                : Tensor.Of(prefix + slot.Spec.Name, values, [.. slot.Spec.Shape.Select(dimension => (long)dimension)]);
        }).OrderByDescending(tensor => tensor.Type.Size());
    }

    private static string Hash(string description, IEnumerable<Tensor> tensors)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(description));
        foreach (Tensor tensor in tensors)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(tensor.Name));
            hash.AppendData(tensor.Data.Span);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
