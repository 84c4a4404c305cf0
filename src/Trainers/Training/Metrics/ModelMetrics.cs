using System.Collections.Immutable;
using Microsoft.ML.NeuralNetworks;

namespace Microsoft.ML.Trainers.Torch.Training;

/// <summary>The metrics of a task, from the raw outputs of its network.</summary>
internal sealed class ModelMetrics
{
    private readonly LearningTask task;
    private readonly OutputTransform output;
    private readonly bool hasProbability;

    private ModelMetrics(LearningTask task, OutputTransform output, bool hasProbability) =>
        (this.task, this.output, this.hasProbability) = (task, output, hasProbability);

    /// <summary>The metrics, or null where predictions are not of the labels' kind: several quantiles of one label.</summary>
    /// <param name="task">What is predicted.</param>
    /// <param name="output">How raw outputs become predictions.</param>
    /// <param name="outputs">Raw outputs per row.</param>
    /// <param name="labelColumns">Labels per row.</param>
    /// <param name="hasProbability">Whether 1 / (1 + exp(-score)) is the probability of a binary classification.</param>
    public static ModelMetrics? Of(LearningTask task, OutputTransform output, int outputs, int labelColumns, bool hasProbability) =>
        task == LearningTask.Regression && output.Predictions(outputs) != labelColumns ? null : new ModelMetrics(task, output, hasProbability);

    /// <summary>The names, in the order of the alphabet.</summary>
    public IEnumerable<string> Names => Sums(0, 1).Result().Keys;

    /// <summary>Sums over rows to come.</summary>
    /// <param name="rows">How many.</param>
    /// <param name="predictions">Numbers per prediction.</param>
    public MetricSums Sums(int rows, int predictions) => task switch
    {
        LearningTask.Regression => new RegressionSums(predictions),
        LearningTask.BinaryClassification => new BinarySums(rows, hasProbability),
        _ => new MulticlassSums(),
    };

    /// <summary>Numbers per prediction.</summary>
    public int Predictions(int outputs) => output.Predictions(outputs);

    /// <summary>The prediction for one row, whose raw outputs are overwritten; those of several members lie one after the other.</summary>
    public void Predict(Span<float> raw, int members, Span<float> prediction) => output.Apply(raw, members, prediction);
}

/// <summary>What metrics are computed from, row by row.</summary>
internal abstract class MetricSums
{
    public abstract void Add(ReadOnlySpan<float> prediction, ReadOnlySpan<float> label);

    public abstract ImmutableSortedDictionary<string, double> Result();

    protected static ImmutableSortedDictionary<string, double> Named(params ReadOnlySpan<(Metric Metric, double Value)> values)
    {
        var named = ImmutableSortedDictionary.CreateBuilder<string, double>(StringComparer.Ordinal);
        foreach ((Metric metric, double value) in values) named.Add(metric.Name, value);
        return named.ToImmutable();
    }
}

internal sealed class RegressionSums(int columns) : MetricSums
{
    private readonly double[] absolute = new double[columns], squared = new double[columns], labels = new double[columns], squaredLabels = new double[columns];
    private long rows;

    public override void Add(ReadOnlySpan<float> prediction, ReadOnlySpan<float> label)
    {
        rows++;
        for (int j = 0; j < columns; j++)
        {
            double error = (double)label[j] - prediction[j];
            absolute[j] += Math.Abs(error);
            squared[j] += error * error;
            labels[j] += label[j];
            squaredLabels[j] += (double)label[j] * label[j];
        }
    }

    public override ImmutableSortedDictionary<string, double> Result() => Named(
        (Metric.RootMeanSquaredError, squared.Average(sum => Math.Sqrt(sum / rows))),
        (Metric.MeanAbsoluteError, absolute.Average(sum => sum / rows)),
        (Metric.RSquared, Enumerable.Range(0, columns).Average(j => 1 - squared[j] / rows / (squaredLabels[j] / rows - labels[j] / rows * (labels[j] / rows)))));
}

internal sealed class BinarySums(int rows, bool hasProbability) : MetricSums
{
    private readonly List<float> positive = new(rows / 2), negative = new(rows / 2);
    private long correct;
    private double logLoss;

    public override void Add(ReadOnlySpan<float> prediction, ReadOnlySpan<float> label)
    {
        float score = prediction[0];
        bool isPositive = label[0] > 0;
        (isPositive ? positive : negative).Add(score);
        if (score > 0 == isPositive) correct++;
        if (!hasProbability) return;
        // In single precision, as the model's column has it.
        float probability = (float)(1 / (1 + Math.Exp(-(double)score)));
        logLoss -= Math.Log2(isPositive ? probability : 1.0 - probability);
    }

    public override ImmutableSortedDictionary<string, double> Result()
    {
        double total = positive.Count + negative.Count;
        return hasProbability
            ? Named((Metric.AreaUnderRocCurve, Area()), (Metric.Accuracy, correct / total), (Metric.LogLoss, logLoss / total))
            : Named((Metric.AreaUnderRocCurve, Area()), (Metric.Accuracy, correct / total));
    }

    private double Area()
    {
        positive.Sort();
        negative.Sort();
        double pairs = 0;
        int below = 0, notAbove = 0;
        foreach (float score in positive)
        {
            while (below < negative.Count && negative[below] < score) below++;
            while (notAbove < negative.Count && negative[notAbove] <= score) notAbove++;
            pairs += 0.5 * below + 0.5 * notAbove;
        }
        return pairs / ((double)positive.Count * negative.Count);
    }
}

internal sealed class MulticlassSums : MetricSums
{
    private const double LeastProbability = 1e-15;

    private long rows, correct;
    private double logLoss;

    public override void Add(ReadOnlySpan<float> prediction, ReadOnlySpan<float> label)
    {
        int best = 0, expected = (int)label[0];
        for (int j = 1; j < prediction.Length; j++)
            if (prediction[j] > prediction[best]) best = j;
        rows++;
        if (best == expected) correct++;
        logLoss -= Math.Log(Math.Max(prediction[expected], LeastProbability));
    }

    public override ImmutableSortedDictionary<string, double> Result() => Named((Metric.MicroAccuracy, (double)correct / rows), (Metric.LogLoss, logLoss / rows));
}
