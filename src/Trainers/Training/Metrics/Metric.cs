namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// The name of a number that says how good a model is, and in which direction. Those below are measured after each epoch on the validation rows (and on
/// the training rows with <see cref="TrainingOptions.TrainingMetrics"/>), on the predictions of the model as it would be if training stopped there, and
/// equal those of ML.NET's <c>Evaluate</c> on the same rows, but for the last bits of the predictions: engine and model add in other orders. Example weights and class weights do not count, as they do not there. A metric of your own
/// is one that a callback reports (<see cref="TrainingProgress.Report"/>): <c>new Metric("Profit", HigherIsBetter: true)</c>.
/// </summary>
/// <param name="Name">Its name in the history.</param>
/// <param name="HigherIsBetter">Whether more is better.</param>
public sealed record Metric(string Name, bool HigherIsBetter)
{
    /// <summary>Regression: the root of the mean of (label - prediction)^2. Of several labels: the mean of theirs.</summary>
    public static Metric RootMeanSquaredError { get; } = new("RootMeanSquaredError", HigherIsBetter: false);

    /// <summary>Regression: the mean of |label - prediction|. Of several labels: the mean of theirs.</summary>
    public static Metric MeanAbsoluteError { get; } = new("MeanAbsoluteError", HigherIsBetter: false);

    /// <summary>Regression: 1 - mean of (label - prediction)^2 / variance of the labels. Of several labels: the mean of theirs.</summary>
    public static Metric RSquared { get; } = new("RSquared", HigherIsBetter: true);

    /// <summary>
    /// Binary: the part of all pairs of a positive and a negative row in which the positive one has the higher score, ties counted half; NaN where one kind is
    /// missing.
    /// </summary>
    public static Metric AreaUnderRocCurve { get; } = new("AreaUnderRocCurve", HigherIsBetter: true);

    /// <summary>Binary: the part of the rows that are positive with a score above 0, or negative with another.</summary>
    public static Metric Accuracy { get; } = new("Accuracy", HigherIsBetter: true);

    /// <summary>
    /// Classification: the mean of -log of the probability of the row's label; as in ML.NET to base 2 for two classes (infinite where a row is wrong with
    /// certainty) and natural for several (at least 1e-15). Not measured with losses whose scores are calibrated only after the training (hinge, focal).
    /// </summary>
    public static Metric LogLoss { get; } = new("LogLoss", HigherIsBetter: false);

    /// <summary>Multiclass: the part of the rows whose class has the highest probability.</summary>
    public static Metric MicroAccuracy { get; } = new("MicroAccuracy", HigherIsBetter: true);

    /// <summary>Its name in the history.</summary>
    public string Name { get; } = Require.NotEmpty(Name, "It names the metric in the history.");

    /// <summary>All that trainers measure themselves.</summary>
    internal static IReadOnlyList<Metric> Measured { get; } = [RootMeanSquaredError, MeanAbsoluteError, RSquared, AreaUnderRocCurve, Accuracy, LogLoss, MicroAccuracy];

    /// <summary>The value as a loss: less is better.</summary>
    internal double AsLoss(double value) => HigherIsBetter ? -value : value;
}
