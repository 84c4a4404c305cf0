using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Data;

namespace Microsoft.ML.Trainers.Torch.Training;

/// <summary>
/// What is done to the targets of a regression before training, and undone by the model, so that one rate suits targets of any unit.
/// Linear: (target - shift) / scale with their mean and standard deviation. Exponential: target / scale with their mean.
/// Means and deviations are weighted by the example weights.
/// </summary>
internal sealed record TargetScale(bool Exponential, float[] Shift, float[] Scale)
{
    /// <summary>The scale of the training rows, as the loss needs it.</summary>
    /// <exception cref="InvalidOperationException">The loss cannot learn a label.</exception>
    public static TargetScale Of(TrainingData data, Loss loss)
    {
        if (loss.Labels != LabelRange.All) RequireRange(data, loss);
        int columns = data.LabelColumns;
        var means = new float[columns];
        var deviations = new float[columns];
        for (int column = 0; column < columns; column++)
        {
            double mean = WeightedMean(data, column, origin: 0, power: 1);
            (means[column], deviations[column]) = ((float)mean, Usable(Math.Sqrt(WeightedMean(data, column, origin: mean, power: 2))));
        }
        return loss.Labels == LabelRange.All
            ? new TargetScale(false, means, deviations)
            : new TargetScale(true, new float[columns], [.. means.Select(mean => Usable(mean))]);
    }

    /// <summary>The scale that a fitted model undoes.</summary>
    public static TargetScale Of(FittedNetwork model) => model.Output switch
    {
        LinearOutput linear => new TargetScale(false, [.. linear.Shift], [.. linear.Scale]),
        ExponentialOutput exponential => new TargetScale(true, [0], [exponential.Scale]),
        _ => throw new ArgumentException($"The model to start from must be one for regression but its output is {model.Output.GetType().Name}. Start from a model of this trainer."),
    };

    /// <summary>Replaces the targets by their scaled values, in place.</summary>
    public void Apply(TrainingData data)
    {
        Span<float> labels = data.Labels.Span;
        int done = data.LabelColumns == 1 ? ApplyVectors(labels, Shift[0], Scale[0]) : 0;
        for (int column = 0; column < data.LabelColumns; column++)
        {
            float shift = Shift[column], scale = Scale[column];
            for (int i = done + column; i < labels.Length; i += data.LabelColumns) labels[i] = (labels[i] - shift) / scale;
        }
    }

    private static int ApplyVectors(Span<float> labels, float shift, float scale)
    {
        Vector<float> shifts = new(shift), scales = new(scale);
        Span<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(labels);
        for (int i = 0; i < vectors.Length; i++) vectors[i] = (vectors[i] - shifts) / scales;
        return vectors.Length * Vector<float>.Count;
    }

    /// <summary>How the model undoes it.</summary>
    /// <param name="outputs">Numbers per prediction: one per label column, or one per quantile of the one label.</param>
    /// <param name="ascending">Whether predictions are put in ascending order, as quantiles are.</param>
    public OutputTransform ToOutput(int outputs, bool ascending) => Exponential
        ? new ExponentialOutput(Scale[0])
        : new LinearOutput(Spread(Scale, outputs), Spread(Shift, outputs)) { Ascending = ascending };

    private static float[] Spread(float[] values, int outputs) => values.Length == outputs ? values : [.. Enumerable.Repeat(values[0], outputs)];

    // The weighted mean of (label - origin)^power. Four sums, because each addition waits for the one before it.
    private static double WeightedMean(TrainingData data, int column, double origin, int power)
    {
        ReadOnlySpan<float> labels = data.Labels.Span, weights = data.Weights.Span;
        Span<double> sums = stackalloc double[4], totals = stackalloc double[4];
        int done = weights.IsEmpty && data.LabelColumns == 1 ? SumVectors(labels, origin, power, sums, totals) : 0;
        for (int row = done; row < data.Rows; row++)
        {
            double weight = weights.IsEmpty ? 1 : weights[row], distance = labels[row * data.LabelColumns + column] - origin;
            sums[row & 3] += weight * (power == 1 ? distance : distance * distance);
            totals[row & 3] += weight;
        }
        return (sums[0] + sums[1] + sums[2] + sums[3]) / (totals[0] + totals[1] + totals[2] + totals[3]);
    }

    // The same four sums at once.
    private static int SumVectors(ReadOnlySpan<float> labels, double origin, int power, Span<double> sums, Span<double> totals)
    {
        int vectors = labels.Length / 4;
        Vector256<double> sum = Vector256<double>.Zero, origins = Vector256.Create(origin);
        for (int i = 0; i < vectors; i++)
        {
            Vector128<float> four = Vector128.Create(labels.Slice(4 * i, 4));
            (Vector128<double> lower, Vector128<double> upper) = Vector128.Widen(four);
            Vector256<double> distance = Vector256.Create(lower, upper) - origins;
            sum += power == 1 ? distance : distance * distance;
        }
        sum.CopyTo(sums);
        totals.Fill(vectors);
        return 4 * vectors;
    }

    private static float Usable(double scale) => scale > 0 && float.IsFinite((float)scale) ? (float)scale : 1;

    private static void RequireRange(TrainingData data, Loss loss)
    {
        if (data.LabelColumns > 1)
            throw new InvalidOperationException($"{loss} must have one label but the label is a vector of {data.LabelColumns}. Train one model per label, or use a loss with a linear prediction.");
        ReadOnlySpan<float> labels = data.Labels.Span;
        for (int row = 0; row < labels.Length; row++)
            if (labels[row] < 0 || (labels[row] == 0 && loss.Labels == LabelRange.Positive))
                throw new InvalidOperationException(string.Create(System.Globalization.CultureInfo.InvariantCulture,
                    $"{loss} must have labels {(loss.Labels == LabelRange.Positive ? "above 0" : "of at least 0")} but training row {row} (counting from 0) has {labels[row]}. Filter such rows, or use SquaredError."));
    }
}
