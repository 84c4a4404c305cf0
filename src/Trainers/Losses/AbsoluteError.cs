namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Regression: |score - label|, minimised by the median of the label given the features; outliers pull no harder than other rows.
/// The gradient is the sign of score - label. Equals PyTorch's <c>L1Loss</c>. Several labels: the mean over them.
/// </summary>
public sealed record AbsoluteError : Loss
{
    internal override LearningTask Task => LearningTask.Regression;

    internal override double Evaluate(ReadOnlySpan<float> outputs, ReadOnlySpan<float> label, Span<float> gradient)
    {
        double loss = 0;
        for (int i = 0; i < outputs.Length; i++)
        {
            double error = (double)outputs[i] - label[i];
            loss += Math.Abs(error);
            gradient[i] = (float)Math.Sign(error) / outputs.Length;
        }
        return loss / outputs.Length;
    }
}
