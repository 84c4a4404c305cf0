using System.Text.Json;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.NeuralNetworks.Serialization;

/// <summary>Layers as JSON: a kind by its own word, never a .NET type, and its sizes. One entry below per kind of layer.</summary>
internal static class LayerJson
{
    private static readonly Kind[] Kinds =
    [
        new Kind<Dense>("dense",
            (layer, json) =>
            {
                json.WriteNumber("inputs", layer.InputSize);
                json.WriteNumber("outputs", layer.OutputSize);
            },
            (name, fields) => new Dense(name, fields.Integer("inputs"), fields.Integer("outputs"))),
        new Kind<Activation>("activation",
            (layer, json) =>
            {
                json.WriteNumber("size", layer.Size);
                json.WriteString("function", JsonFields.JsonText(layer.Function));
            },
            (name, fields) => new Activation(name, fields.Integer("size"), fields.Choice<ActivationFunction>("function"))),
    ];

    public static void Write(Utf8JsonWriter json, string field, IEnumerable<Layer> layers)
    {
        json.WriteStartArray(field);
        foreach (Layer layer in layers)
        {
            Kind kind = Array.Find(Kinds, kind => kind.Type == layer.GetType())
                ?? throw new NotSupportedException($"Layer '{layer.Name}' must be of a kind that can be saved but was {layer.GetType().Name}. Use the built-in layers.");
            json.WriteStartObject();
            json.WriteString("kind", kind.Word);
            json.WriteString("name", layer.Name);
            kind.Write(layer, json);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    public static List<Layer> Read(JsonElement array)
    {
        var layers = new List<Layer>();
        foreach (JsonElement element in array.EnumerateArray())
        {
            var fields = new JsonFields(element);
            string word = fields.Text("kind"), name = fields.Text("name");
            Kind kind = Array.Find(Kinds, kind => kind.Word == word)
                ?? throw new InvalidDataException($"Layer '{name}' must be one of {string.Join(", ", Kinds.Select(kind => kind.Word))} but is '{word}'. A newer version may have written the file.");
            layers.Add(kind.Read(name, fields));
            fields.End();
        }
        return layers;
    }

    private abstract class Kind(string word, Type type)
    {
        public string Word { get; } = word;

        public Type Type { get; } = type;

        public abstract void Write(Layer layer, Utf8JsonWriter json);

        public abstract Layer Read(string name, JsonFields fields);
    }

    private sealed class Kind<T>(string word, Action<T, Utf8JsonWriter> write, Func<string, JsonFields, T> read) : Kind(word, typeof(T)) where T : Layer
    {
        public override void Write(Layer layer, Utf8JsonWriter json) => write((T)layer, json);

        public override Layer Read(string name, JsonFields fields) => read(name, fields);
    }
}
