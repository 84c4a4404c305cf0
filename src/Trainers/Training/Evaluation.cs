using System.Collections.Immutable;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Engines;

namespace Microsoft.ML.Trainers.Torch.Training;

/// <summary>How good an engine's present weights are on some rows.</summary>
/// <param name="Loss">The mean loss; NaN without rows.</param>
/// <param name="Metrics">By name; empty where none are asked for.</param>
internal sealed record Evaluation(double Loss, ImmutableSortedDictionary<string, double> Metrics)
{
    private const int RowsPerChunk = 1024;

    /// <summary>That of no rows.</summary>
    public static Evaluation None { get; } = new(double.NaN, ImmutableSortedDictionary<string, double>.Empty);

    public static Evaluation Of(Engine engine, TrainingData data, ModelMetrics? metrics)
    {
        int outputs = engine.Network.Outputs, labels = data.LabelColumns;
        var scores = new float[RowsPerChunk * outputs];
        int members = engine.Network.Members, own = outputs / members;
        var unused = new float[own];
        float[] prediction = new float[metrics?.Predictions(own) ?? 0];
        MetricSums? sums = metrics?.Sums(data.Rows, prediction.Length);
        ReadOnlySpan<float> targets = data.Targets.IsEmpty ? data.Labels.Span : data.Targets.Span;
        double loss = 0, total = 0;
        for (int first = 0; first < data.Rows; first += RowsPerChunk)
        {
            int count = Math.Min(RowsPerChunk, data.Rows - first);
            engine.Predict(data, first, count, scores);
            for (int row = 0; row < count; row++)
            {
                double weight = data.Weights.IsEmpty ? 1 : data.Weights.Span[first + row];
                Span<float> raw = scores.AsSpan(row * outputs, outputs);
                ReadOnlySpan<float> label = data.Labels.Span.Slice((first + row) * labels, labels);
                for (int member = 0; member < members; member++) loss += weight / members * engine.Loss.Evaluate(raw.Slice(member * own, own), label, unused);
                total += weight;
                if (sums is null) continue;
                metrics!.Predict(raw, members, prediction);
                sums.Add(prediction, targets.Slice((first + row) * labels, labels));
            }
        }
        return new Evaluation(loss / total, sums?.Result() ?? None.Metrics);
    }
}
