namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Binary classification: ln(1 + exp(-score)) for a positive label, ln(1 + exp(score)) for a negative one, so that
/// 1 / (1 + exp(-score)) is the probability of the positive class. Equals PyTorch's <c>BCEWithLogitsLoss</c>.
/// </summary>
public sealed record LogisticLoss : Loss
{
    internal override int Outputs(int classes) => 1;
}
