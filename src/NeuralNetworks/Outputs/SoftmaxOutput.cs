namespace Microsoft.ML.NeuralNetworks;

/// <summary>
/// Multiclass classification: prediction_j = exp(raw_j) / sum over k of exp(raw_k), the probability of class j.
/// Several networks: the mean of their probabilities.
/// </summary>
public sealed record SoftmaxOutput : OutputTransform
{
    internal override int NetworkOutputs(int predictions) => predictions;

    internal override int Predictions(int networkOutputs) => networkOutputs;

    internal override void Apply(Span<float> raw, int networks, Span<float> prediction)
    {
        int classes = prediction.Length;
        for (int network = 0; network < networks; network++)
        {
            Span<float> scores = raw.Slice(network * classes, classes);
            float largest = float.NegativeInfinity;
            foreach (float score in scores) largest = MathF.Max(largest, score);
            float sum = 0;
            foreach (ref float score in scores) sum += score = MathF.Exp(score - largest);
            foreach (ref float score in scores) score /= sum;
        }
        for (int j = 0; j < classes; j++)
        {
            float sum = 0;
            for (int network = 0; network < networks; network++) sum += raw[network * classes + j];
            prediction[j] = sum / networks;
        }
    }
}
