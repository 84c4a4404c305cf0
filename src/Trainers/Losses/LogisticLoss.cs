namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Binary classification: ln(1 + exp(-score)) for a positive label, ln(1 + exp(score)) for a negative one, so that
/// 1 / (1 + exp(-score)) is the probability of the positive class. Equals PyTorch's <c>BCEWithLogitsLoss</c>.
/// </summary>
public sealed record LogisticLoss : Loss
{
    internal override LearningTask Task => LearningTask.BinaryClassification;

    internal override double Evaluate(ReadOnlySpan<float> outputs, ReadOnlySpan<float> label, Span<float> gradient)
    {
        double score = outputs[0];
        double small = Math.Exp(-Math.Abs(score));
        double probability = score >= 0 ? 1 / (1 + small) : small / (1 + small);
        gradient[0] = (float)(probability - label[0]);
        return Math.Max(score, 0) - score * label[0] + Math.Log(1 + small);
    }
}
