using Microsoft.ML.LrSchedules;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Multiclass classification: -ln(softmax(scores)[label]). Equals PyTorch's <c>CrossEntropyLoss</c> on class indices.
/// </summary>
public sealed record SoftmaxCrossEntropy : Loss
{
    /// <summary>
    /// The part of the label that is spread evenly over all classes, at least 0 and below 1: the target of the true class becomes
    /// 1 - smoothing + smoothing / classes. It may change during the run; the loss of validation rows then has none. Default 0.
    /// Szegedy et al. 2015, arXiv:1512.00567.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative, 1 or more, or not a number.</exception>
    public ScheduledValue LabelSmoothing { get; init => field = Require.Fraction(value, "0.1 is usual."); }

    internal override LearningTask Task => LearningTask.MulticlassClassification;

    internal override int Outputs(int classes) => classes;

    /// <summary>The smoothing where it does not change; 0 where each step has its own.</summary>
    internal double Smoothing => LabelSmoothing.IsConstant ? LabelSmoothing.Value : 0;

    internal override double Evaluate(ReadOnlySpan<float> outputs, ReadOnlySpan<float> label, Span<float> gradient) =>
        Evaluate(outputs, (int)label[0], Smoothing, gradient);

    /// <summary>The same with the smoothing of a step, and the class as a number.</summary>
    internal static double Evaluate(ReadOnlySpan<float> outputs, int correct, double smoothing, Span<float> gradient)
    {
        double largest = double.NegativeInfinity, sum = 0, mean = 0;
        foreach (float output in outputs) largest = Math.Max(largest, output);
        foreach (float output in outputs)
        {
            sum += Math.Exp(output - largest);
            mean += output;
        }
        mean /= outputs.Length;
        for (int i = 0; i < outputs.Length; i++)
            gradient[i] = (float)(Math.Exp(outputs[i] - largest) / sum - smoothing / outputs.Length);
        gradient[correct] -= (float)(1 - smoothing);
        return Math.Log(sum) + largest - (1 - smoothing) * outputs[correct] - smoothing * mean;
    }
}
