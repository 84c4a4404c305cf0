namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// What training minimises: the mean over the rows of a step of a row's loss times its example weight,
/// sum(w loss) / sum(w). A value: its parameters and nothing else; each engine knows how to compute it.
/// </summary>
public abstract record Loss
{
    private protected Loss() { }

    /// <summary>Numbers that the network must give per row.</summary>
    /// <param name="classes">Number of classes; 1 for regression and binary classification.</param>
    internal abstract int Outputs(int classes);
}
