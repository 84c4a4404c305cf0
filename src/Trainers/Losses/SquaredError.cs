namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Regression: (score - label)^2, minimised by the mean of the label given the features. The gradient is 2 (score - label).
/// Equals PyTorch's <c>MSELoss</c>.
/// </summary>
public sealed record SquaredError : Loss
{
    internal override int Outputs(int classes) => 1;
}
