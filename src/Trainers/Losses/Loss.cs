namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// What training minimises: the mean over the rows of a step of a row's loss times its example weight,
/// sum(w loss) / sum(w). A value: its parameters and nothing else.
/// </summary>
public abstract record Loss
{
    private protected Loss() { }

    /// <summary>Which task it is for.</summary>
    internal abstract LearningTask Task { get; }

    /// <summary>Whether it can be used for a task.</summary>
    internal virtual bool IsFor(LearningTask task) => task == Task;

    /// <summary>Which labels of a regression it can learn, and so how the network's output becomes a prediction.</summary>
    internal virtual LabelRange Labels => LabelRange.All;

    /// <summary>Whether 1 / (1 + exp(-score)) is the probability of the positive class.</summary>
    internal virtual bool ScoresAreLogOdds => true;

    /// <summary>Numbers that the network must give per row.</summary>
    /// <param name="classes">Number of classes; 1 for regression and binary classification.</param>
    internal virtual int Outputs(int classes) => 1;

    /// <summary>The loss of one row, and its derivative by each of the row's outputs.</summary>
    /// <param name="outputs">What the network gave.</param>
    /// <param name="label">What it should have given: the target or targets, 0 or 1, or the class from 0.</param>
    /// <param name="gradient">As long as <paramref name="outputs"/>; overwritten.</param>
    internal abstract double Evaluate(ReadOnlySpan<float> outputs, ReadOnlySpan<float> label, Span<float> gradient);
}

/// <summary>What is predicted.</summary>
internal enum LearningTask
{
    Regression,
    BinaryClassification,
    MulticlassClassification,
}

/// <summary>Which labels a regression loss takes.</summary>
internal enum LabelRange
{
    /// <summary>Any number: labels are standardised, predictions are linear in the output.</summary>
    All,

    /// <summary>At least 0: labels are divided by their mean, predictions are exponential in the output.</summary>
    NotNegative,

    /// <summary>Above 0: likewise.</summary>
    Positive,
}
