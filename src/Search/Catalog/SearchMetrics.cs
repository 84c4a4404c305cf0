namespace Microsoft.ML.TrainerSearch;

/// <summary>What a search for a regression optimises.</summary>
public enum RegressionSearchMetric
{
    /// <summary>The root of the mean squared error; less is better.</summary>
    RootMeanSquaredError,

    /// <summary>The mean absolute error; less is better.</summary>
    MeanAbsoluteError,

    /// <summary>The share of the variance that is explained; more is better.</summary>
    RSquared,
}

/// <summary>What a search for a binary classification optimises.</summary>
public enum BinarySearchMetric
{
    /// <summary>The area under the ROC curve; more is better.</summary>
    AreaUnderRocCurve,

    /// <summary>The area under the precision-recall curve; more is better.</summary>
    AreaUnderPrecisionRecallCurve,

    /// <summary>The share of right answers; more is better.</summary>
    Accuracy,

    /// <summary>The harmonic mean of precision and recall; more is better.</summary>
    F1Score,

    /// <summary>The mean logarithmic loss of the probabilities; less is better.</summary>
    LogLoss,
}

/// <summary>What a search for a multiclass classification optimises.</summary>
public enum MulticlassSearchMetric
{
    /// <summary>The share of right answers over all rows; more is better.</summary>
    MicroAccuracy,

    /// <summary>The mean over the classes of their shares of right answers; more is better.</summary>
    MacroAccuracy,

    /// <summary>The mean logarithmic loss of the probabilities; less is better.</summary>
    LogLoss,
}
