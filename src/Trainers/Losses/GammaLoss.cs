namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Regression on positive amounts whose spread grows with their size: label exp(-s) + s, s the network's output; the prediction is
/// exp(s). Labels must be above 0; they are divided by their mean inside. Half the Gamma deviance up to a constant.
/// </summary>
public sealed record GammaLoss : Loss
{
    internal override LearningTask Task => LearningTask.Regression;

    internal override LabelRange Labels => LabelRange.Positive;

    internal override double Evaluate(ReadOnlySpan<float> outputs, ReadOnlySpan<float> label, Span<float> gradient)
    {
        double loss = 0;
        for (int i = 0; i < outputs.Length; i++)
        {
            double ratio = label[i] * Math.Exp(-outputs[i]);
            loss += ratio + outputs[i];
            gradient[i] = (float)((1 - ratio) / outputs.Length);
        }
        return loss / outputs.Length;
    }
}
