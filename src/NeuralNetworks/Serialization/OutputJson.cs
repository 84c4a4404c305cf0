using System.Collections.Immutable;
using System.Text.Json;

namespace Microsoft.ML.NeuralNetworks.Serialization;

/// <summary>Output transforms as JSON.</summary>
internal static class OutputJson
{
    public static void Write(Utf8JsonWriter json, string field, OutputTransform output)
    {
        json.WriteStartObject(field);
        switch (output)
        {
            case LinearOutput linear:
                json.WriteString("kind", "linear");
                WriteNumbers(json, "scale", linear.Scale);
                WriteNumbers(json, "shift", linear.Shift);
                if (float.IsFinite(linear.Minimum)) json.WriteNumber("minimum", linear.Minimum);
                if (float.IsFinite(linear.Maximum)) json.WriteNumber("maximum", linear.Maximum);
                json.WriteBoolean("ascending", linear.Ascending);
                break;
            case ExponentialOutput exponential:
                json.WriteString("kind", "exponential");
                json.WriteNumber("scale", exponential.Scale);
                break;
            case LogisticOutput logistic:
                json.WriteString("kind", "logistic");
                json.WriteBoolean("twoOutputs", logistic.TwoOutputs);
                if (float.IsFinite(logistic.Minimum)) json.WriteNumber("minimum", logistic.Minimum);
                if (float.IsFinite(logistic.Maximum)) json.WriteNumber("maximum", logistic.Maximum);
                break;
            case SoftmaxOutput:
                json.WriteString("kind", "softmax");
                break;
            default:
                throw new NotSupportedException($"output must be of a kind that can be saved but was {output.GetType().Name}. Use the built-in ones.");
        }
        json.WriteEndObject();
    }

    public static OutputTransform Read(JsonElement element, int largestInteger)
    {
        var fields = new JsonFields(element, largestInteger);
        string kind = fields.Text("kind");
        OutputTransform output = kind switch
        {
            "linear" => new LinearOutput(fields.Numbers("scale"), fields.Numbers("shift"))
            {
                Minimum = fields.Number("minimum", float.NegativeInfinity),
                Maximum = fields.Number("maximum", float.PositiveInfinity),
                Ascending = fields.Flag("ascending"),
            },
            "exponential" => new ExponentialOutput(fields.Number("scale", 1)),
            "logistic" => new LogisticOutput(fields.Flag("twoOutputs"))
            {
                Minimum = fields.Number("minimum", float.NegativeInfinity),
                Maximum = fields.Number("maximum", float.PositiveInfinity),
            },
            "softmax" => new SoftmaxOutput(),
            _ => throw new InvalidDataException($"The output must be linear, exponential, logistic or softmax but is '{kind}'. A newer version may have written the file."),
        };
        fields.End();
        return output;
    }

    private static void WriteNumbers(Utf8JsonWriter json, string field, ImmutableArray<float> values)
    {
        json.WriteStartArray(field);
        foreach (float value in values) json.WriteNumberValue(value);
        json.WriteEndArray();
    }
}
