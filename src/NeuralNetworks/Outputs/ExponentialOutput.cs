namespace Microsoft.ML.NeuralNetworks;

/// <summary>
/// The log link of Poisson, Gamma and Tweedie regression: prediction_j = scale exp(raw_j), at most the largest finite float.
/// Several networks: the mean of their predictions.
/// </summary>
/// <param name="Scale">Above 0: the labels were divided by it in training.</param>
public sealed record ExponentialOutput(float Scale = 1) : OutputTransform
{
    /// <summary>The labels were divided by it in training.</summary>
    public float Scale { get; } = Checks.Positive(Scale, nameof(Scale));

    internal override int NetworkOutputs(int predictions) => predictions;

    internal override int Predictions(int networkOutputs) => networkOutputs;

    internal override void Apply(Span<float> raw, int networks, Span<float> prediction)
    {
        int outputs = prediction.Length;
        for (int j = 0; j < outputs; j++)
        {
            double sum = 0;
            for (int network = 0; network < networks; network++) sum += Math.Exp(raw[network * outputs + j]);
            double mean = Scale * sum / networks;
            prediction[j] = mean > float.MaxValue ? float.MaxValue : (float)mean;
        }
    }
}
