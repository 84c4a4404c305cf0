namespace Microsoft.ML.NeuralNetworks;

/// <summary>
/// The log link of Poisson, Gamma and Tweedie regression: prediction_j = exp(raw_j), at most the largest finite float.
/// Several networks: the mean of their predictions.
/// </summary>
public sealed record ExponentialOutput : OutputTransform
{
    internal override int NetworkOutputs(int predictions) => predictions;

    internal override int Predictions(int networkOutputs) => networkOutputs;

    internal override void Apply(Span<float> raw, int networks, Span<float> prediction)
    {
        int outputs = prediction.Length;
        for (int j = 0; j < outputs; j++)
        {
            double sum = 0;
            for (int network = 0; network < networks; network++) sum += Math.Exp(raw[network * outputs + j]);
            double mean = sum / networks;
            prediction[j] = mean > float.MaxValue ? float.MaxValue : (float)mean;
        }
    }
}
