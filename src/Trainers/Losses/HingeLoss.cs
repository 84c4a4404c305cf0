namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Binary classification: max(0, 1 - y score) with y = 1 for a positive label and -1 for a negative one, as in a support vector machine.
/// The score is no log-odds: the trainer calibrates the probability afterwards (Platt 1999), on the validation rows where there are any.
/// </summary>
public sealed record HingeLoss : Loss
{
    internal override LearningTask Task => LearningTask.BinaryClassification;

    internal override bool ScoresAreLogOdds => false;

    internal override double Evaluate(ReadOnlySpan<float> outputs, ReadOnlySpan<float> label, Span<float> gradient)
    {
        double y = 2.0 * label[0] - 1, margin = 1 - y * outputs[0];
        gradient[0] = margin > 0 ? (float)-y : 0;
        return Math.Max(0, margin);
    }
}
