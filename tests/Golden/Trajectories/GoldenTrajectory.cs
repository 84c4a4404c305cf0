using System.Text.Json;
using Golden.Curves;

namespace Golden.Trajectories;

/// <summary>One golden optimizer trajectory.</summary>
internal sealed class GoldenTrajectory(JsonElement root)
{
    internal string Optimizer { get; } = root.GetProperty("optimizer").GetString()!;

    internal Parameters Parameters { get; } = new(root.GetProperty("parameters"));

    internal double BaseRate { get; } = root.GetProperty("base_lr").GetDouble();

    internal double[] Rates { get; } = [.. root.GetProperty("lr").EnumerateArray().Select(rate => rate.GetDouble())];

    internal Problem Problem { get; } = Problem.Named(root.GetProperty("problem").GetString()!)
        ?? throw new KeyNotFoundException($"problem {root.GetProperty("problem")} is unknown");

    internal double[] Start => Problem.Import(Rows(root.GetProperty("start")));

    internal double[][] Weights => Points("params_after_step")!;

    internal double[][]? Gradients => Points("grad_at_step");

    internal double[][]? EvaluationWeights => Points("eval_params_after_step");

    /// <summary>What a file says it can be compared at, else the fallback.</summary>
    internal double Tolerance(double fallback) =>
        root.TryGetProperty("tolerance", out JsonElement own) && own.ValueKind == JsonValueKind.Number ? Math.Max(fallback, own.GetDouble()) : fallback;

    private double[][]? Points(string name) =>
        root.TryGetProperty(name, out JsonElement points) && points.ValueKind == JsonValueKind.Array
            ? [.. points.EnumerateArray().Select(point => Problem.Import(Rows(point)))]
            : null;

    /// <summary>A vector is one row.</summary>
    private static double[][] Rows(JsonElement point) =>
        point[0].ValueKind == JsonValueKind.Array ? [.. point.EnumerateArray().Select(Row)] : [Row(point)];

    private static double[] Row(JsonElement row) =>
        [.. row.EnumerateArray().Select(value => value.ValueKind == JsonValueKind.Null ? double.NaN : value.GetDouble())];
}
