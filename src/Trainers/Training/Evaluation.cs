using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Engines;

namespace Microsoft.ML.Trainers.Torch.Training;

/// <summary>The loss of an engine's present weights on rows it does not train on.</summary>
internal static class Evaluation
{
    private const int RowsPerChunk = 1024;

    public static double MeanLoss(Engine engine, TrainingData data)
    {
        int outputs = engine.Network.Outputs;
        var scores = new float[RowsPerChunk * outputs];
        int members = engine.Network.Members, own = outputs / members;
        var unused = new float[own];
        double loss = 0, total = 0;
        for (int first = 0; first < data.Rows; first += RowsPerChunk)
        {
            int count = Math.Min(RowsPerChunk, data.Rows - first);
            engine.Predict(data, first, count, scores);
            for (int row = 0; row < count; row++)
            {
                double weight = data.Weights.IsEmpty ? 1 : data.Weights.Span[first + row];
                ReadOnlySpan<float> label = data.Labels.Span.Slice((first + row) * data.LabelColumns, data.LabelColumns);
                for (int member = 0; member < members; member++) loss += weight / members * engine.Loss.Evaluate(scores.AsSpan(row * outputs + member * own, own), label, unused);
                total += weight;
            }
        }
        return loss / total;
    }
}
