using Microsoft.ML.NeuralNetworks;

namespace Microsoft.ML.Trainers.Torch.Training;

/// <summary>How a number of the prediction changes with the raw outputs of the networks: the derivatives of <see cref="OutputTransform"/>.</summary>
internal static class ScoreSlopes
{
    /// <param name="output">How raw outputs become predictions.</param>
    /// <param name="raw">The outputs of the first network, then those of the second, ...</param>
    /// <param name="networks">How many networks are averaged.</param>
    /// <param name="place">Which number of the prediction.</param>
    /// <param name="slopes">As long as <paramref name="raw"/>; overwritten.</param>
    public static void Of(OutputTransform output, ReadOnlySpan<float> raw, int networks, int place, Span<float> slopes)
    {
        slopes.Clear();
        int own = raw.Length / networks;
        switch (output)
        {
            case LinearOutput linear:
                int source = linear.Ascending ? SourceOf(linear, raw, networks, own, place) : place;
                for (int network = 0; network < networks; network++)
                {
                    float value = raw[network * own + source] * linear.Scale[source] + linear.Shift[source];
                    if (value >= linear.Minimum && value <= linear.Maximum) slopes[network * own + source] = linear.Scale[source] / networks;
                }
                break;
            case ExponentialOutput exponential:
                for (int network = 0; network < networks; network++)
                {
                    double value = exponential.Scale * Math.Exp(raw[network * own + place]) / networks;
                    slopes[network * own + place] = value > float.MaxValue ? 0 : (float)value;
                }
                break;
            case LogisticOutput logistic:
                LogOdds(logistic, raw, networks, slopes);
                break;
            case SoftmaxOutput:
                for (int network = 0; network < networks; network++) Softmax(raw.Slice(network * own, own), place, networks, slopes.Slice(network * own, own));
                break;
            default:
                throw new NotSupportedException($"The output must be of a kind whose derivative is known but was {output.GetType().Name}. Use permutation importance.");
        }
    }

    // The output that has become the prediction at that place of the sorted ones.
    private static int SourceOf(LinearOutput linear, ReadOnlySpan<float> raw, int networks, int own, int place)
    {
        var means = new (float Value, int Output)[own];
        for (int j = 0; j < own; j++)
        {
            float sum = 0;
            for (int network = 0; network < networks; network++) sum += Math.Clamp(raw[network * own + j] * linear.Scale[j] + linear.Shift[j], linear.Minimum, linear.Maximum);
            means[j] = (sum, j);
        }
        Array.Sort(means);
        return means[place].Output;
    }

    // s = ln(sum of p_i) - ln(sum of 1 - p_i) with p_i = 1 / (1 + exp(-s_i)), so ds/ds_i = p_i (1 - p_i) (1 / sum p + 1 / sum (1 - p)); 1 for a single network.
    private static void LogOdds(LogisticOutput output, ReadOnlySpan<float> raw, int networks, Span<float> slopes)
    {
        double positive = 0, negative = 0;
        for (int network = 0; network < networks; network++)
        {
            positive += 1 / (1 + Math.Exp(-Score(raw, network)));
            negative += 1 / (1 + Math.Exp(Score(raw, network)));
        }
        for (int network = 0; network < networks; network++)
        {
            double p = 1 / (1 + Math.Exp(-Score(raw, network))), q = 1 / (1 + Math.Exp(Score(raw, network)));
            float slope = networks == 1 ? 1 : (float)(p * q * (1 / positive + 1 / negative));
            if (output.TwoOutputs) (slopes[2 * network], slopes[2 * network + 1]) = (-slope, slope);
            else slopes[network] = slope;
        }

        double Score(ReadOnlySpan<float> values, int network) =>
            Math.Clamp(output.TwoOutputs ? (double)values[2 * network + 1] - values[2 * network] : values[network], -700, 700);
    }

    private static void Softmax(ReadOnlySpan<float> raw, int place, int networks, Span<float> slopes)
    {
        double largest = double.NegativeInfinity, sum = 0;
        foreach (float value in raw) largest = Math.Max(largest, value);
        foreach (float value in raw) sum += Math.Exp(value - largest);
        double own = Math.Exp(raw[place] - largest) / sum;
        for (int j = 0; j < raw.Length; j++)
        {
            double other = Math.Exp(raw[j] - largest) / sum;
            slopes[j] = (float)(own * ((j == place ? 1 : 0) - other) / networks);
        }
    }
}
