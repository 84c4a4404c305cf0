namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Regression on amounts that are often exactly zero, such as claims: exp((2-p) s) / (2-p) - label exp((1-p) s) / (1-p), s the network's
/// output and p between 1 (Poisson) and 2 (Gamma); the prediction is exp(s). Labels must be at least 0; they are divided by their mean
/// inside. Half the Tweedie deviance up to a constant. Jorgensen 1987, Exponential dispersion models.
/// </summary>
/// <param name="Power">The variance power p, above 1 and below 2. Default 1.5.</param>
/// <exception cref="ArgumentOutOfRangeException">The power is not above 1 and below 2.</exception>
public sealed record TweedieLoss(double Power = 1.5) : Loss
{
    /// <summary>The variance power.</summary>
    public double Power { get; init => field = Checked(value); } = Checked(Power);

    internal override LearningTask Task => LearningTask.Regression;

    internal override LabelRange Labels => LabelRange.NotNegative;

    internal override double Evaluate(ReadOnlySpan<float> outputs, ReadOnlySpan<float> label, Span<float> gradient)
    {
        double loss = 0;
        for (int i = 0; i < outputs.Length; i++)
        {
            double first = label[i] * Math.Exp((1 - Power) * outputs[i]), second = Math.Exp((2 - Power) * outputs[i]);
            loss += second / (2 - Power) - first / (1 - Power);
            gradient[i] = (float)((second - first) / outputs.Length);
        }
        return loss / outputs.Length;
    }

    private static double Checked(double power) =>
        power is > 1 and < 2 ? power : throw Require.Error(nameof(Power), "above 1 and below 2", power, "Use PoissonLoss for 1 and GammaLoss for 2.");
}
