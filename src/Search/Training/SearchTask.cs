using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers.Torch;

namespace Microsoft.ML.TrainerSearch;

/// <summary>What the verbs of the three tasks differ in.</summary>
/// <param name="Kind">The task.</param>
/// <param name="Environment">The context's environment.</param>
/// <param name="Evaluate">The task's own metrics of scored rows, by label column.</param>
/// <param name="Metric">The number to optimise.</param>
/// <param name="MetricName">Its name.</param>
/// <param name="Maximize">True if greater is better.</param>
internal sealed record SearchTask<TMetrics>(
    LearningTask Kind, IHostEnvironment Environment, Func<IDataView, string, TMetrics> Evaluate, Func<TMetrics, double> Metric, string MetricName, bool Maximize)
{
    /// <summary>Studies minimise: reported losses and metrics then agree on what is better.</summary>
    public double ToValue(double metric) => Maximize ? -metric : metric;

    /// <summary>From a stored value back to the metric.</summary>
    public double ToMetric(double value) => Maximize ? -value : value;
}
