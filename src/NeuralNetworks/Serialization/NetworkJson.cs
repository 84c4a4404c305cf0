using System.Text;
using System.Text.Json;

namespace Microsoft.ML.NeuralNetworks.Serialization;

/// <summary>
/// The shape of a network as one line of JSON: equal text, equal network. Checkpoints and models use it to say what their weights
/// belong to.
/// </summary>
internal static class NetworkJson
{
    public static string Write(Network network)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            LayerJson.Write(json, "layers", network.Layers);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <exception cref="InvalidDataException">The text is not such a description.</exception>
    public static Network Read(string text) =>
        StrictJson.Read(Encoding.UTF8.GetBytes(text), Checks.MaximumSize, fields => new Network(LayerJson.Read(fields.Element("layers"), fields.LargestInteger)));
}
