using System.Text.Json;
using Microsoft.ML.LrSchedules;

namespace Golden.Curves;

/// <summary>The content of a golden curve.</summary>
public sealed class GoldenCurve(JsonElement root)
{
    /// <summary>The family, such as torch.StepLR.</summary>
    public string Family { get; } = root.GetProperty("schedule").GetString()!;

    /// <summary>What the values count: step, epoch, fraction or layer.</summary>
    public string Unit { get; } = root.GetProperty("unit").GetString()!;

    /// <summary>The base rate, or null where the schedule fixes its own.</summary>
    public double? BaseRate { get; } = Number(root, "base_lr");

    /// <summary>The rate used at each index.</summary>
    public double[] Values { get; } = Numbers(root, "values")!;

    /// <summary>A list of numbers beside the values, such as momentum or metrics; null where there is none, NaN for a null in it.</summary>
    public double[]? Series(string name) => Numbers(root, name);

    /// <summary>The rates of each group, or null.</summary>
    public double[][]? ValuesPerGroup => root.TryGetProperty("values_per_group", out JsonElement groups) ? [.. groups.EnumerateArray().Select(Numbers)] : null;

    /// <summary>The schedule's parameters; asking for one that is absent gives the default of the call.</summary>
    public Parameters Parameters { get; } = new(root.GetProperty("parameters"));

    /// <summary>Whether <paramref name="got"/> is close enough to <paramref name="want"/>.</summary>
    public bool Agrees(double got, double want)
    {
        double relative = Number(root, "tolerance") ?? 1e-10;
        double difference = Math.Abs(got - want);
        return double.IsNaN(want) ? double.IsNaN(got) : difference <= 1e-12 * Math.Max(1, Math.Abs(BaseRate ?? 1)) + relative * Math.Abs(want);
    }

    internal static double[] Numbers(JsonElement list) =>
        [.. list.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.Null ? double.NaN : item.GetDouble())];

    private static double[]? Numbers(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement list) && list.ValueKind == JsonValueKind.Array ? Numbers(list) : null;

    private static double? Number(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;
}
