namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Classification with rows that are already right counting less: -(1 - p)^gamma ln(p), p the probability of the row's true class.
/// Binary (p logistic) or multiclass (p softmax). The probabilities are not calibrated for gamma above 0: a binary trainer calibrates
/// them afterwards. Lin et al. 2017, Focal loss for dense object detection, arXiv:1708.02002.
/// </summary>
/// <param name="Gamma">How much less, at least 0; 0 is the logistic or softmax loss. Default 2.</param>
/// <exception cref="ArgumentOutOfRangeException">Gamma is negative or not finite.</exception>
public sealed record FocalLoss(double Gamma = 2) : Loss
{
    /// <summary>How much less rows count that are already right.</summary>
    public double Gamma { get; init => field = Require.NotNegative(value, "2 is usual."); } = Require.NotNegative(Gamma, "2 is usual.", nameof(Gamma));

    internal override LearningTask Task => LearningTask.BinaryClassification;

    internal override bool IsFor(LearningTask task) => task != LearningTask.Regression;

    internal override bool ScoresAreLogOdds => Gamma == 0;

    internal override int Outputs(int classes) => classes;

    internal override double Evaluate(ReadOnlySpan<float> outputs, ReadOnlySpan<float> label, Span<float> gradient)
    {
        if (outputs.Length > 1) return Multiclass(outputs, (int)label[0], gradient);
        double y = 2.0 * label[0] - 1, score = y * outputs[0];
        double logProbability = Math.Min(score, 0) - double.LogP1(Math.Exp(-Math.Abs(score)));
        gradient[0] = (float)(y * SlopeByLogOdds(logProbability, out double loss));
        return loss;
    }

    private double Multiclass(ReadOnlySpan<float> outputs, int correct, Span<float> gradient)
    {
        double largest = double.NegativeInfinity, sum = 0;
        foreach (float output in outputs) largest = Math.Max(largest, output);
        foreach (float output in outputs) sum += Math.Exp(output - largest);
        double logProbability = outputs[correct] - largest - Math.Log(sum);
        // d loss / d s_j = (d loss / d ln p) (1{j = correct} - p_j), and slope = d loss / d ln p * (1 - p).
        double power = Math.Pow(-double.ExpM1(logProbability), Gamma), probability = Math.Exp(logProbability);
        double byLog = -power + (probability < 1 ? Gamma * power / -double.ExpM1(logProbability) * probability * logProbability : 0);
        for (int j = 0; j < outputs.Length; j++)
            gradient[j] = (float)(byLog * ((j == correct ? 1 : 0) - Math.Exp(outputs[j] - largest) / sum));
        return -power * logProbability;
    }

    // d loss / d score where p = 1 / (1 + exp(-score)) and d ln p / d score = 1 - p.
    private double SlopeByLogOdds(double logProbability, out double loss)
    {
        double probability = Math.Exp(logProbability), miss = -double.ExpM1(logProbability), power = Math.Pow(miss, Gamma);
        loss = -power * logProbability;
        return -power * miss + Gamma * power * probability * logProbability;
    }
}
