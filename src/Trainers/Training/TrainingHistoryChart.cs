using System.Collections.Immutable;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>A training history as a picture.</summary>
public static class TrainingHistoryChart
{
    /// <summary>
    /// The rate of each parameter group (left axis) and the losses (right axis) over the same steps, as a self-contained SVG document.
    /// The validation loss is drawn where validation rows were watched. Named metrics are drawn in place of the losses.
    /// </summary>
    /// <param name="history">At least one epoch.</param>
    /// <param name="title">Above the picture.</param>
    /// <param name="width">In pixels, at least 200.</param>
    /// <param name="height">In pixels, at least 150.</param>
    /// <param name="metrics">Names of metrics to draw, on the validation rows and, where they were measured, on the training rows. Null or empty: the losses.</param>
    /// <exception cref="ArgumentException">The history has no epoch, or not a metric that is named.</exception>
    public static string ToSvg(this TrainingHistory history, string title = "Training", int width = 800, int height = 400, IReadOnlyList<string>? metrics = null)
    {
        ArgumentNullException.ThrowIfNull(history);
        if (history.Epochs.IsEmpty) throw new ArgumentException("history must have at least one epoch but had none. Draw it after a fit.", nameof(history));
        long stepsPerEpoch = history.Epochs[0].Steps;
        var chart = new ScheduleChart(TrainingPlan.OfSteps(stepsPerEpoch, (double)history.Epochs[^1].Steps / stepsPerEpoch), title);
        for (int group = 0; group < history.Groups.Length; group++)
        {
            int column = group;
            string name = history.Groups.Length == 1 ? "rate" : $"rate {history.Groups[group]}";
            chart = chart.WithSeries(name, history.Samples.Select(sample => ((double)sample.Step, sample.LearningRates[column])), ChartAxis.Left);
        }
        if (metrics is { Count: > 0 }) return metrics.Aggregate(chart, (drawn, metric) => WithMetric(drawn, history, metric)).ToSvg(width, height);
        chart = chart.WithSeries("training loss", history.Epochs.Select(epoch => ((double)epoch.Steps, epoch.TrainingLoss)));
        if (history.Epochs.Any(epoch => !double.IsNaN(epoch.ValidationLoss)))
            chart = chart.WithSeries("validation loss", history.Epochs.Select(epoch => ((double)epoch.Steps, epoch.ValidationLoss)));
        return chart.ToSvg(width, height);
    }

    /// <summary>Writes what <see cref="ToSvg"/> draws.</summary>
    /// <param name="history">At least one epoch.</param>
    /// <param name="path">The file; one that exists is replaced.</param>
    /// <param name="title">Above the picture.</param>
    /// <param name="metrics">Names of metrics to draw in place of the losses.</param>
    /// <exception cref="ArgumentException">The history has no epoch, or not a metric that is named, or the path is empty.</exception>
    public static void WriteSvg(this TrainingHistory history, string path, string title = "Training", IReadOnlyList<string>? metrics = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        File.WriteAllText(path, ToSvg(history, title, metrics: metrics));
    }

    private static ScheduleChart WithMetric(ScheduleChart chart, TrainingHistory history, string metric)
    {
        (double, double)[] trained = Points(epoch => epoch.TrainingMetrics), validated = Points(epoch => epoch.ValidationMetrics);
        if (trained.Length + validated.Length == 0)
            throw new ArgumentException(
                $"metrics must be in the history but '{metric}' is not. There are: {string.Join(", ", history.Epochs.SelectMany(epoch => epoch.ValidationMetrics.Keys.Concat(epoch.TrainingMetrics.Keys)).Distinct().Order(StringComparer.Ordinal))}.", nameof(metric));
        if (trained.Length > 0) chart = chart.WithSeries($"training {metric}", trained);
        return validated.Length > 0 ? chart.WithSeries($"validation {metric}", validated) : chart;

        (double, double)[] Points(Func<EpochRecord, ImmutableSortedDictionary<string, double>> of) =>
            [.. history.Epochs.Where(epoch => of(epoch).ContainsKey(metric)).Select(epoch => ((double)epoch.Steps, of(epoch)[metric]))];
    }
}
