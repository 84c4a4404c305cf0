using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Microsoft.ML.LrSchedules.Text;

/// <summary>
/// The JSON form: <c>{"version":1,"schedule":[{"warmup":{"over":"5ep"}},{"cosine":{"over":"20ep","to":0.01}}]}</c>. A list is a
/// sequence, an object with one property a call with its arguments by name, "product" a product of two; lengths are texts.
/// </summary>
internal static class Json
{
    private const int Version = 1;
    private const string ProductWord = "product";
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 200, AllowDuplicateProperties = false };
    private static readonly JsonWriterOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static string Write(Node schedule)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Plain))
        {
            writer.WriteStartObject();
            writer.WriteNumber("version", Version);
            writer.WritePropertyName("schedule");
            Write(writer, schedule);
            writer.WriteEndObject();
        }
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    internal static Node Read(string json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, Strict);
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("version", out JsonElement version) || !root.TryGetProperty("schedule", out JsonElement schedule) || root.EnumerateObject().Count() != 2)
                throw Error(0, "must be an object with version and schedule");
            if (version.ValueKind != JsonValueKind.Number || !version.TryGetInt32(out int number) || number != Version)
                throw Error(0, $"must have version {Version} but has {version.GetRawText()}");
            return Node(schedule);
        }
        catch (JsonException exception)
        {
            throw new FormatException($"The schedule is not JSON: {exception.Message}", exception);
        }
    }

    /// <summary>JSON errors name the word instead of the place.</summary>
    internal static FormatException Error(int at, string what) => new($"The schedule's JSON {what}.");

    private static void Write(Utf8JsonWriter writer, Node node)
    {
        switch (node)
        {
            case NumberNode { Unit: "" } number:
                writer.WriteNumberValue(number.Value);
                break;
            case NumberNode number:
                writer.WriteStringValue(TextWriting.Number(number.Value, number.Unit));
                break;
            case WordNode word:
                writer.WriteStringValue(word.Word);
                break;
            case ListNode list:
                WriteList(writer, list.Items);
                break;
            case SequenceNode sequence:
                WriteList(writer, sequence.Parts);
                break;
            case ProductNode product:
                writer.WriteStartObject();
                writer.WritePropertyName(ProductWord);
                WriteList(writer, [product.Left, product.Right]);
                writer.WriteEndObject();
                break;
            case CallNode { Word: "function" }:
                throw new NotSupportedException("The schedule must be made of named shapes to be saved but holds a function of the program. Use a table of values instead.");
            case CallNode call:
                WriteCall(writer, call);
                break;
        }
    }

    private static void WriteCall(Utf8JsonWriter writer, CallNode call)
    {
        writer.WriteStartObject();
        writer.WriteStartObject(call.Word);
        foreach (Argument argument in call.Arguments)
        {
            writer.WritePropertyName(argument.Name);
            Write(writer, argument.Value);
        }
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteList(Utf8JsonWriter writer, IReadOnlyList<Node> items)
    {
        writer.WriteStartArray();
        foreach (Node item in items)
            Write(writer, item);
        writer.WriteEndArray();
    }

    private static Node Node(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Array:
                Node[] parts = [.. element.EnumerateArray().Select(Node)];
                return parts.Length > 0 ? new SequenceNode(parts) : throw Error(0, "has an empty list where a schedule is needed");
            case JsonValueKind.Object when element.EnumerateObject().Count() == 1:
                JsonProperty property = element.EnumerateObject().First();
                return property.Name == ProductWord ? Product(property.Value) : Call(property);
            default:
                throw Error(0, $"has {element.GetRawText()} where a schedule or shape, such as {{\"cosine\":{{\"over\":\"5ep\"}}}}, is needed");
        }
    }

    private static ProductNode Product(JsonElement element) =>
        element.ValueKind == JsonValueKind.Array && element.GetArrayLength() == 2
            ? new ProductNode(Node(element[0]), Node(element[1]))
            : throw Error(0, "has a product that is not a list of two schedules");

    private static CallNode Call(JsonProperty property) => property.Value.ValueKind == JsonValueKind.Object
        ? new CallNode(property.Name, [.. property.Value.EnumerateObject().Select(argument => new Argument(argument.Name, Value(argument.Value)))])
        : throw Error(0, $"gives {property.Name} something else than an object of arguments");

    private static Node Value(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Number => element.TryGetDouble(out double number) && double.IsFinite(number) ? new NumberNode(number, "") : throw Error(0, $"has the number {element.GetRawText()}, which is out of range"),
        JsonValueKind.String => WordOrSpan(element.GetString()!),
        JsonValueKind.Array when element.GetArrayLength() == 0 || element[0].ValueKind is JsonValueKind.Number or JsonValueKind.String => new ListNode([.. element.EnumerateArray().Select(Value)]),
        _ => Node(element),
    };

    private static Node WordOrSpan(string text) => text.Length > 0 && (char.IsAsciiDigit(text[0]) || text[0] is '-' or '+' or '.')
        ? new Parser("hold(" + text + ")").Parse() is CallNode { Arguments: [{ Value: NumberNode number }] } ? number : throw Error(0, $"has the text \"{text}\", which is not a length")
        : new CallNode(text, []);
}
