namespace Microsoft.ML.NeuralNetworks;

/// <summary>
/// Binary classification: the score is the log-odds s of the positive class, so that its probability is 1 / (1 + exp(-s)).
/// A network with one output gives s; one with two (a two-way softmax) gives s = raw_1 - raw_0.
/// Several networks: the log-odds of the mean of their probabilities. Bounds keep a probability in 32-bit floats away from 0 and 1, where
/// the logarithm of it, or of its complement, is not finite.
/// </summary>
/// <param name="TwoOutputs">Whether the network gives one number for each of the two classes, the negative one first.</param>
public sealed record LogisticOutput(bool TwoOutputs = false) : OutputTransform
{
    // Beyond this, the probability or its complement would be zero even in double precision.
    private const double Largest = 700;

    /// <summary>The least log-odds whose probability is a normal float: about 1.2e-38.</summary>
    internal const float LeastLogOdds = -87.3f;

    /// <summary>The log-odds of the largest float below 1, 1 - 2^-24.</summary>
    internal const float MostLogOdds = 16.6355f;

    /// <summary>No score is below this. Default: no bound.</summary>
    public float Minimum { get; init; } = float.NegativeInfinity;

    /// <summary>No score is above this. Default: no bound.</summary>
    public float Maximum { get; init; } = float.PositiveInfinity;

    /// <summary>Bounds for scores s whose probability is 1 / (1 + exp(slope s + offset)): it is then never 0 or 1.</summary>
    internal LogisticOutput BoundedFor(double slope = -1, double offset = 0)
    {
        if (slope == 0) return this;
        // slope s + offset is minus the log-odds.
        float atLeast = (float)((-LeastLogOdds - offset) / slope), atMost = (float)((-MostLogOdds - offset) / slope);
        return this with { Minimum = MathF.Min(atLeast, atMost), Maximum = MathF.Max(atLeast, atMost) };
    }

    internal override int NetworkOutputs(int predictions) => TwoOutputs ? 2 : 1;

    internal override int Predictions(int networkOutputs) => networkOutputs == NetworkOutputs(1)
        ? 1
        : throw new ArgumentException($"The network must have {NetworkOutputs(1)} outputs but had {networkOutputs}. Binary classification needs one number, or one for each of the two classes.");

    internal override void Apply(Span<float> raw, int networks, Span<float> prediction)
    {
        if (networks == 1)
        {
            prediction[0] = Bounded(LogOdds(raw, 0));
            return;
        }

        double positive = 0, negative = 0;
        for (int network = 0; network < networks; network++)
        {
            double score = Math.Clamp((double)LogOdds(raw, network), -Largest, Largest);
            positive += 1 / (1 + Math.Exp(-score));
            negative += 1 / (1 + Math.Exp(score));
        }
        prediction[0] = Bounded((float)(Math.Log(positive) - Math.Log(negative)));
    }

    private float Bounded(float score) => MathF.Min(MathF.Max(score, Minimum), Maximum);

    private float LogOdds(ReadOnlySpan<float> raw, int network) => TwoOutputs ? raw[2 * network + 1] - raw[2 * network] : raw[network];
}
