namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Regression: (score - label)^2, minimised by the mean of the label given the features. The gradient is 2 (score - label).
/// Equals PyTorch's <c>MSELoss</c>. Several labels: the mean over them.
/// </summary>
public sealed record SquaredError : Loss
{
    internal override LearningTask Task => LearningTask.Regression;

    internal override double Evaluate(ReadOnlySpan<float> outputs, ReadOnlySpan<float> label, Span<float> gradient)
    {
        double loss = 0;
        for (int i = 0; i < outputs.Length; i++)
        {
            double error = (double)outputs[i] - label[i];
            loss += error * error;
            gradient[i] = (float)(2 * error / outputs.Length);
        }
        return loss / outputs.Length;
    }
}
