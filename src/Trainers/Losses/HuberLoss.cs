namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Regression: e^2 / 2 where |e| &lt;= delta and delta (|e| - delta / 2) beyond, e = score - label in units of the label's standard
/// deviation: squared for small errors, absolute for outliers. Equals PyTorch's <c>HuberLoss</c>. Several labels: the mean over them.
/// Huber 1964, Robust estimation of a location parameter.
/// </summary>
/// <param name="Delta">Where the loss turns from squared to absolute, in standard deviations of the label; above 0. Default 1.</param>
/// <exception cref="ArgumentOutOfRangeException">Delta is not above 0.</exception>
public sealed record HuberLoss(double Delta = 1) : Loss
{
    /// <summary>Where the loss turns from squared to absolute, in standard deviations of the label.</summary>
    public double Delta { get; init => field = Require.Positive(value, "1 is usual."); } = Require.Positive(Delta, "1 is usual.", nameof(Delta));

    internal override LearningTask Task => LearningTask.Regression;

    internal override double Evaluate(ReadOnlySpan<float> outputs, ReadOnlySpan<float> label, Span<float> gradient)
    {
        double loss = 0;
        for (int i = 0; i < outputs.Length; i++)
        {
            double error = (double)outputs[i] - label[i];
            loss += Math.Abs(error) <= Delta ? error * error / 2 : Delta * (Math.Abs(error) - Delta / 2);
            gradient[i] = (float)(Math.Clamp(error, -Delta, Delta) / outputs.Length);
        }
        return loss / outputs.Length;
    }
}
