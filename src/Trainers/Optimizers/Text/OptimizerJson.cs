using System.Reflection;
using System.Text;
using System.Text.Json;
using Microsoft.ML.LrSchedules;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// The JSON form: <c>{"version":1,"optimizer":"adamw","learningRate":0.001,"beta1":{"value":0.95,"schedule":{...}}}</c>, with an average
/// as its one-line text.
/// </summary>
internal static class OptimizerJson
{
    private const int Version = 1;
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 64, AllowDuplicateProperties = false };

    public static string Write(Optimizer optimizer)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteNumber("version", Version);
            writer.WriteString("optimizer", OptimizerSchema.NameOf(optimizer));
            foreach ((PropertyInfo property, object? value) in OptimizerSchema.Told(optimizer))
            {
                writer.WritePropertyName(OptimizerSchema.Camel(property.Name));
                Write(writer, value);
            }
            writer.WriteEndObject();
        }
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    public static Optimizer Read(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, Strict);
            return Read(document.RootElement);
        }
        catch (JsonException exception)
        {
            throw new FormatException($"The optimizer is not JSON: {exception.Message}", exception);
        }
    }

    private static Optimizer Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object) throw Error("must be an object");
        if (!root.TryGetProperty("version", out JsonElement version) || version.ValueKind != JsonValueKind.Number || !version.TryGetInt32(out int number) || number != Version)
            throw Error($"must have \"version\": {Version}");
        if (!root.TryGetProperty("optimizer", out JsonElement name) || name.ValueKind != JsonValueKind.String)
            throw Error("must have an \"optimizer\"");
        Optimizer optimizer = OptimizerSchema.Prototype(name.GetString()!)
            ?? throw Error($"has the unknown optimizer '{name.GetString()}' (known: {string.Join(", ", OptimizerSchema.Names)})");
        foreach (JsonProperty given in root.EnumerateObject())
        {
            if (given.Name is "version" or "optimizer") continue;
            PropertyInfo property = OptimizerSchema.Parameters(optimizer.GetType()).FirstOrDefault(one => OptimizerSchema.Camel(one.Name) == given.Name)
                ?? throw Error($"has the unknown property '{given.Name}' (known: {string.Join(", ", OptimizerSchema.Parameters(optimizer.GetType()).Select(one => OptimizerSchema.Camel(one.Name)))})");
            try
            {
                optimizer = OptimizerSchema.With(optimizer, property, Value(property.PropertyType, given.Value));
            }
            catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or FormatException)
            {
                throw Error($"has a wrong value for '{given.Name}': {exception.Message.Split(" (Parameter ")[0]}");
            }
        }
        return optimizer;
    }

    private static void Write(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case null:
                writer.WriteNullValue();
                break;
            case bool flag:
                writer.WriteBooleanValue(flag);
                break;
            case double number:
                writer.WriteNumberValue(number);
                break;
            case int whole:
                writer.WriteNumberValue(whole);
                break;
            case ScheduledValue { IsConstant: true } constant:
                writer.WriteNumberValue(constant.Value);
                break;
            case ScheduledValue scheduled:
                writer.WriteStartObject();
                writer.WriteNumber("value", scheduled.Value);
                writer.WritePropertyName("schedule");
                writer.WriteRawValue(scheduled.Schedule!.ToJson());
                writer.WriteEndObject();
                break;
            case Enum word:
                writer.WriteStringValue(OptimizerSchema.Camel(word.ToString()));
                break;
            default:
                writer.WriteStringValue(OptimizerSchema.ValueText(value));
                break;
        }
    }

    private static object? Value(Type type, JsonElement element)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner) return element.ValueKind == JsonValueKind.Null ? null : Value(inner, element);
        if (type == typeof(double)) return element.GetDouble();
        if (type == typeof(bool)) return element.GetBoolean();
        if (type == typeof(int)) return element.GetInt32();
        if (type == typeof(ScheduledValue)) return Scheduled(element);
        if (element.ValueKind == JsonValueKind.Null && type == typeof(WeightAveraging)) return null;
        string text = element.GetString() ?? throw new FormatException("It must be a text.");
        if (type == typeof(WeightAveraging)) return OptimizerParser.AveragingOf(text);
        foreach (object word in Enum.GetValues(type))
            if (OptimizerSchema.Camel(word.ToString()!) == text) return word;
        throw new FormatException($"It must be one of {string.Join(", ", Enum.GetNames(type).Select(OptimizerSchema.Camel))} but was '{text}'.");
    }

    private static ScheduledValue Scheduled(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Number) return element.GetDouble();
        if (element.ValueKind != JsonValueKind.Object || element.EnumerateObject().Count() != 2
            || !element.TryGetProperty("value", out JsonElement value) || !element.TryGetProperty("schedule", out JsonElement schedule))
            throw new FormatException("It must be a number, or an object with value and schedule.");
        return value.GetDouble().Following(LrSchedule.FromJson(schedule.GetRawText()));
    }

    private static FormatException Error(string what) => new($"The optimizer's JSON {what}.");
}
