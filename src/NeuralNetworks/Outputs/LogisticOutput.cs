namespace Microsoft.ML.NeuralNetworks;

/// <summary>
/// Binary classification: the score is the log-odds s of the positive class, so that its probability is 1 / (1 + exp(-s)).
/// A network with one output gives s; one with two (a two-way softmax) gives s = raw_1 - raw_0.
/// Several networks: the log-odds of the mean of their probabilities.
/// </summary>
/// <param name="TwoOutputs">Whether the network gives one number for each of the two classes, the negative one first.</param>
public sealed record LogisticOutput(bool TwoOutputs = false) : OutputTransform
{
    // Beyond this, the probability or its complement would be zero even in double precision.
    private const double Largest = 700;

    internal override int NetworkOutputs(int predictions) => TwoOutputs ? 2 : 1;

    internal override int Predictions(int networkOutputs) => networkOutputs == NetworkOutputs(1)
        ? 1
        : throw new ArgumentException($"The network must have {NetworkOutputs(1)} outputs but had {networkOutputs}. Binary classification needs one number, or one for each of the two classes.");

    internal override void Apply(Span<float> raw, int networks, Span<float> prediction)
    {
        if (networks == 1)
        {
            prediction[0] = LogOdds(raw, 0);
            return;
        }

        double positive = 0, negative = 0;
        for (int network = 0; network < networks; network++)
        {
            double score = Math.Clamp((double)LogOdds(raw, network), -Largest, Largest);
            positive += 1 / (1 + Math.Exp(-score));
            negative += 1 / (1 + Math.Exp(score));
        }
        prediction[0] = (float)(Math.Log(positive) - Math.Log(negative));
    }

    private float LogOdds(ReadOnlySpan<float> raw, int network) => TwoOutputs ? raw[2 * network + 1] - raw[2 * network] : raw[network];
}
