using System.Text.Json;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.NeuralNetworks.Safetensors;

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
        new Kind<NtkDense>("ntkDense",
            (layer, json) =>
            {
                json.WriteNumber("inputs", layer.InputSize);
                json.WriteNumber("outputs", layer.OutputSize);
            },
            (name, fields) => new NtkDense(name, fields.Integer("inputs"), fields.Integer("outputs"))),
        new Kind<EnsembleDense>("ensembleDense",
            (layer, json) =>
            {
                json.WriteNumber("inputs", layer.InputSize);
                json.WriteNumber("outputs", layer.OutputSize);
                json.WriteNumber("members", layer.Members);
                json.WriteBoolean("fansOut", layer.FansOut);
            },
            (name, fields) => new EnsembleDense(name, fields.Integer("inputs"), fields.Integer("outputs"), fields.Integer("members"), fields.Flag("fansOut"))),
        new Kind<Activation>("activation",
            (layer, json) =>
            {
                json.WriteNumber("size", layer.Size);
                json.WriteString("function", JsonFields.JsonText(layer.Function));
            },
            (name, fields) => new Activation(name, fields.Integer("size"), fields.Choice<ActivationFunction>("function"))),
        new Kind<ParametricActivation>("parametricActivation",
            (layer, json) =>
            {
                json.WriteNumber("size", layer.Size);
                json.WriteString("function", JsonFields.JsonText(layer.Function));
            },
            (name, fields) => new ParametricActivation(name, fields.Integer("size"), fields.Choice<ActivationFunction>("function"))),
        new Kind<Dropout>("dropout",
            (layer, json) =>
            {
                json.WriteNumber("size", layer.Size);
                json.WriteNumber("rate", layer.Rate);
            },
            (name, fields) => new Dropout(name, fields.Integer("size"), fields.Number("rate"))),
        new Kind<BatchNorm>("batchNorm",
            (layer, json) =>
            {
                json.WriteNumber("size", layer.Size);
                json.WriteNumber("epsilon", layer.Epsilon);
                json.WriteNumber("momentum", layer.Momentum);
            },
            (name, fields) => new BatchNorm(name, fields.Integer("size")) { Epsilon = fields.Number("epsilon"), Momentum = fields.Number("momentum") }),
        new Kind<LayerNorm>("layerNorm",
            (layer, json) =>
            {
                json.WriteNumber("size", layer.Size);
                json.WriteNumber("epsilon", layer.Epsilon);
            },
            (name, fields) => new LayerNorm(name, fields.Integer("size")) { Epsilon = fields.Number("epsilon") }),
        new Kind<Scaling>("scaling",
            (layer, json) => json.WriteNumber("size", layer.Size),
            (name, fields) => new Scaling(name, fields.Integer("size"))),
        new Kind<Standardization>("standardization",
            (layer, json) => json.WriteNumber("size", layer.Size),
            (name, fields) => new Standardization(name, fields.Integer("size"))),
        new Kind<RobustScaling>("robustScaling",
            (layer, json) => json.WriteNumber("size", layer.Size),
            (name, fields) => new RobustScaling(name, fields.Integer("size"))),
        new Kind<MissingValues>("missingValues",
            (layer, json) => json.WriteNumber("size", layer.Size),
            (name, fields) => new MissingValues(name, fields.Integer("size"))),
        new Kind<MissingIndicators>("missingIndicators",
            (layer, json) =>
            {
                json.WriteNumber("inputs", layer.InputSize);
                WriteIntegers(json, "columns", layer.Columns);
            },
            (name, fields) => new MissingIndicators(name, fields.Integer("inputs"), fields.Integers("columns"))),
        new Kind<Residual>("residual",
            (layer, json) => Write(json, "block", layer.Block),
            (name, fields) => new Residual(name, Read(fields.Element("block"), fields.LargestInteger))),
        new Kind<CategoricalEmbedding>("categoricalEmbedding",
            (layer, json) =>
            {
                json.WriteNumber("inputs", layer.InputSize);
                WriteIntegers(json, "columns", layer.Columns.Select(column => column.Index));
                WriteIntegers(json, "categories", layer.Columns.Select(column => column.Categories));
                WriteIntegers(json, "widths", layer.Columns.Select(column => column.Width));
            },
            (name, fields) => new CategoricalEmbedding(name, fields.Integer("inputs"), ReadColumns(fields))),
        new Kind<PeriodicEmbedding>("periodicEmbedding",
            (layer, json) =>
            {
                json.WriteNumber("inputs", layer.InputSize);
                json.WriteNumber("frequencies", layer.Frequencies);
                json.WriteNumber("width", layer.Width);
            },
            (name, fields) => new PeriodicEmbedding(name, fields.Integer("inputs"), fields.Integer("frequencies"), fields.Integer("width"))),
        new Kind<NumericEmbedding>("numericEmbedding",
            (layer, json) =>
            {
                json.WriteNumber("inputs", layer.InputSize);
                WriteIntegers(json, "columns", layer.Columns);
                json.WriteNumber("bins", layer.Bins);
                json.WriteNumber("frequencies", layer.Frequencies);
                json.WriteNumber("width", layer.Width);
            },
            (name, fields) => new NumericEmbedding(name, fields.Integer("inputs"), fields.Integers("columns"), fields.Integer("bins"), fields.Integer("frequencies"), fields.Integer("width"))),
        new Kind<OwnModule>("ownModule",
            (layer, json) =>
            {
                json.WriteNumber("inputs", layer.Inputs);
                json.WriteNumber("outputs", layer.Outputs);
                json.WriteStartArray("tensors");
                foreach (ModuleTensor tensor in layer.Tensors)
                {
                    json.WriteStartObject();
                    json.WriteString("name", tensor.Name);
                    json.WriteString("type", JsonFields.JsonText(tensor.Type));
                    WriteIntegers(json, "shape", tensor.Shape);
                    json.WriteString("role", JsonFields.JsonText(tensor.Role));
                    json.WriteBoolean("outputsFirst", tensor.OutputsFirst);
                    json.WriteEndObject();
                }
                json.WriteEndArray();
            },
            (name, fields) => new OwnModule(name, fields.Integer("inputs"), fields.Integer("outputs"), ReadTensors(fields))),
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

    public static List<Layer> Read(JsonElement array, int largestInteger)
    {
        var layers = new List<Layer>();
        foreach (JsonElement element in array.EnumerateArray())
        {
            var fields = new JsonFields(element, largestInteger);
            string word = fields.Text("kind"), name = fields.Text("name");
            Kind kind = Array.Find(Kinds, kind => kind.Word == word)
                ?? throw new InvalidDataException($"Layer '{name}' must be one of {string.Join(", ", Kinds.Select(kind => kind.Word))} but is '{word}'. A newer version may have written the file.");
            layers.Add(kind.Read(name, fields));
            fields.End();
        }
        return layers;
    }

    private static IEnumerable<CategoricalColumn> ReadColumns(JsonFields fields)
    {
        var indices = fields.Integers("columns");
        var categories = fields.Integers("categories");
        var widths = fields.Integers("widths");
        if (categories.Length != indices.Length || widths.Length != indices.Length)
            throw new InvalidDataException($"The fields columns, categories and widths must be equally long but have {indices.Length}, {categories.Length} and {widths.Length} values.");
        return indices.Select((index, i) => new CategoricalColumn(index, categories[i], widths[i]));
    }

    private static void WriteIntegers(Utf8JsonWriter json, string field, IEnumerable<int> values)
    {
        json.WriteStartArray(field);
        foreach (int value in values) json.WriteNumberValue(value);
        json.WriteEndArray();
    }

    private static List<ModuleTensor> ReadTensors(JsonFields fields)
    {
        var tensors = new List<ModuleTensor>();
        foreach (JsonElement element in fields.Element("tensors").EnumerateArray())
        {
            var tensor = new JsonFields(element, fields.LargestInteger);
            tensors.Add(new ModuleTensor(tensor.Text("name"), tensor.Choice<TensorType>("type"), tensor.Integers("shape"), tensor.Choice<ParameterRole>("role")) { OutputsFirst = tensor.Flag("outputsFirst") });
            tensor.End();
        }
        return tensors;
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
