using System.Globalization;
using System.Text.Json;

namespace TrainOnYourCsv;

/// <summary>How well a trainer did on the test rows, and how long it took.</summary>
internal sealed record Result(string Trainer, IReadOnlyList<(string Name, double Value)> Metrics, TimeSpan Time)
{
    public static void Print(IReadOnlyList<Result> results, TextWriter output)
    {
        output.WriteLine();
        output.WriteLine(Row("test rows", [.. results[0].Metrics.Select(metric => metric.Name), "Seconds"]));
        foreach (Result result in results)
            output.WriteLine(Row(result.Trainer, [.. result.Metrics.Select(metric => Text(metric.Value)), Text(result.Time.TotalSeconds)]));

        static string Row(string first, string[] others) => $"{first,-10}" + string.Concat(others.Select(text => text.PadLeft(22)));

        static string Text(double value) => value.ToString(Math.Abs(value) < 10 ? "0.0000" : "N2", CultureInfo.InvariantCulture);
    }

    public static string ToJson(string task, IEnumerable<Result> results)
    {
        var json = new Dictionary<string, object> { ["task"] = task };
        foreach (Result result in results)
            json[result.Trainer] = result.Metrics.Append(("Seconds", result.Time.TotalSeconds)).ToDictionary(metric => metric.Item1, metric => metric.Item2);
        return JsonSerializer.Serialize(json, new JsonSerializerOptions { WriteIndented = true, NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals });
    }
}
