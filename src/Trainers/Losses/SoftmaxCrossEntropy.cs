namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Multiclass classification: -ln(softmax(scores)[label]). Equals PyTorch's <c>CrossEntropyLoss</c> on class indices.
/// </summary>
public sealed record SoftmaxCrossEntropy : Loss
{
    internal override LearningTask Task => LearningTask.MulticlassClassification;

    internal override int Outputs(int classes) => classes;

    internal override double Evaluate(ReadOnlySpan<float> outputs, ReadOnlySpan<float> label, Span<float> gradient)
    {
        double largest = double.NegativeInfinity;
        foreach (float output in outputs) largest = Math.Max(largest, output);
        double sum = 0;
        for (int i = 0; i < outputs.Length; i++)
        {
            double power = Math.Exp(outputs[i] - largest);
            sum += power;
            gradient[i] = (float)power;
        }
        for (int i = 0; i < outputs.Length; i++) gradient[i] = (float)(gradient[i] / sum);
        int correct = (int)label[0];
        gradient[correct] -= 1;
        return Math.Log(sum) + largest - outputs[correct];
    }
}
