using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Data;

namespace Microsoft.ML.Trainers.Torch.Training;

/// <summary>
/// Mean and standard deviation of the targets of a regression, weighted by the example weights. Networks learn
/// (target - mean) / deviation, so that one rate suits targets of any unit; the model undoes it.
/// </summary>
internal sealed record TargetScale(float[] Mean, float[] Deviation)
{
    /// <summary>The scale that a fitted model undoes.</summary>
    public static TargetScale Of(FittedNetwork model) =>
        model.Output is LinearOutput output ? new TargetScale([.. output.Shift], [.. output.Scale])
        : throw new ArgumentException($"The model to start from must be one for regression but its output is {model.Output.GetType().Name}. Start from a model of this trainer.");

    public static TargetScale Of(TrainingData data)
    {
        int columns = data.LabelColumns;
        var mean = new double[columns];
        var variance = new double[columns];
        double total = 0;
        ReadOnlySpan<float> labels = data.Labels.Span, weights = data.Weights.Span;
        for (int row = 0; row < data.Rows; row++)
        {
            double weight = weights.IsEmpty ? 1 : weights[row];
            if (weight == 0) continue;
            total += weight;
            for (int column = 0; column < columns; column++)
            {
                // West 1979: one pass, no cancellation.
                double delta = labels[row * columns + column] - mean[column];
                mean[column] += weight / total * delta;
                variance[column] += weight * delta * (labels[row * columns + column] - mean[column]);
            }
        }
        return new TargetScale(
            [.. mean.Select(value => (float)value)],
            [.. variance.Select(value => Math.Sqrt(value / total) is > 0 and var deviation && float.IsFinite((float)deviation) ? (float)deviation : 1)]);
    }

    /// <summary>Replaces the targets by their standardised values, in place.</summary>
    public void Standardise(TrainingData data)
    {
        Span<float> labels = data.Labels.Span;
        for (int i = 0; i < labels.Length; i++)
        {
            int column = i % data.LabelColumns;
            labels[i] = (labels[i] - Mean[column]) / Deviation[column];
        }
    }
}
