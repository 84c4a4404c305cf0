namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Multiclass classification: -ln(softmax(scores)[label]). Equals PyTorch's <c>CrossEntropyLoss</c> on class indices.
/// </summary>
public sealed record SoftmaxCrossEntropy : Loss
{
    internal override int Outputs(int classes) => classes;
}
