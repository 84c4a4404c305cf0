namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Regression on counts: exp(s) - label s, s the network's output; the prediction is exp(s), so it is never negative. Labels must be
/// at least 0; they are divided by their mean inside. Equals PyTorch's <c>PoissonNLLLoss</c> with <c>log_input</c>.
/// </summary>
public sealed record PoissonLoss : Loss
{
    internal override LearningTask Task => LearningTask.Regression;

    internal override LabelRange Labels => LabelRange.NotNegative;

    internal override double Evaluate(ReadOnlySpan<float> outputs, ReadOnlySpan<float> label, Span<float> gradient)
    {
        double loss = 0;
        for (int i = 0; i < outputs.Length; i++)
        {
            double mean = Math.Exp(outputs[i]);
            loss += mean - (double)label[i] * outputs[i];
            gradient[i] = (float)((mean - label[i]) / outputs.Length);
        }
        return loss / outputs.Length;
    }
}
