namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Regression: ln(cosh(e)), e = score - label in units of the label's standard deviation: e^2 / 2 for small errors, |e| - ln 2 for
/// large ones, smooth everywhere. The gradient is tanh(e). Equals Keras' <c>LogCosh</c>. Several labels: the mean over them.
/// </summary>
public sealed record LogCoshLoss : Loss
{
    internal override LearningTask Task => LearningTask.Regression;

    internal override double Evaluate(ReadOnlySpan<float> outputs, ReadOnlySpan<float> label, Span<float> gradient)
    {
        double loss = 0;
        for (int i = 0; i < outputs.Length; i++)
        {
            double error = (double)outputs[i] - label[i], size = Math.Abs(error);
            loss += size + double.LogP1(Math.Exp(-2 * size)) - Math.Log(2);
            gradient[i] = (float)(Math.Tanh(error) / outputs.Length);
        }
        return loss / outputs.Length;
    }
}
