using System.Runtime.CompilerServices;
using Microsoft.ML.Trainers.Torch.Data;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>The loss of a block of rows and its gradient by the outputs. The common losses are written out; any other goes row by row.</summary>
internal static unsafe class LossPass
{
    /// <param name="loss">The loss.</param>
    /// <param name="smoothing">The label smoothing of the step; null for that of the loss.</param>
    /// <param name="data">Labels and weights.</param>
    /// <param name="rows">The rows of the block.</param>
    /// <param name="count">How many.</param>
    /// <param name="outputs">What the network gave.</param>
    /// <param name="stride">From a row of outputs, and of gradients, to the next.</param>
    /// <param name="width">Outputs per row.</param>
    /// <param name="scale">What gradients are multiplied by.</param>
    /// <param name="gradient">Overwritten.</param>
    /// <param name="sum">Grows by sum(w loss), row by row.</param>
    public static void Evaluate(
        Loss loss, double? smoothing, TrainingData data, int* rows, int count, float* outputs, int stride, int width, double scale, float* gradient, ref double sum)
    {
        fixed (float* labels = data.Labels.Span, weights = data.Weights.Span)
        {
            sum = loss switch
            {
                SquaredError when width == 1 => Squared(labels, weights, rows, count, outputs, stride, (float)scale, gradient, sum),
                SoftmaxCrossEntropy softmax when (smoothing ?? softmax.Smoothing) is not 0 and var part => Smoothed(part, labels, weights, rows, count, outputs, stride, width, (float)scale, gradient, sum),
                SoftmaxCrossEntropy => Softmax(labels, weights, rows, count, outputs, stride, width, (float)scale, gradient, sum),
                _ => General(loss, data.LabelColumns, labels, weights, rows, count, outputs, stride, width, (float)scale, gradient, sum),
            };
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Squared(float* labels, float* weights, int* rows, int count, float* outputs, int stride, float scale, float* gradient, double sum)
    {
        for (int i = 0; i < count; i++, outputs += stride, gradient += stride)
        {
            float error = *outputs - labels[rows[i]], weight = weights == null ? 1 : weights[rows[i]];
            sum += error * error * weight;
            *gradient = 2 * scale * weight * error;
        }
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Softmax(float* labels, float* weights, int* rows, int count, float* outputs, int stride, int width, float scale, float* gradient, double sum)
    {
        for (int i = 0; i < count; i++, outputs += stride, gradient += stride)
        {
            float weight = weights == null ? 1 : weights[rows[i]], factor = scale * weight, largest = outputs[0], total = 0;
            for (int j = 1; j < width; j++) largest = Math.Max(largest, outputs[j]);
            for (int j = 0; j < width; j++) total += gradient[j] = MathF.Exp(outputs[j] - largest);
            float share = factor / total;
            for (int j = 0; j < width; j++) gradient[j] *= share;
            int label = (int)labels[rows[i]];
            gradient[label] -= factor;
            sum += (MathF.Log(total) + largest - outputs[label]) * weight;
        }
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Smoothed(double smoothing, float* labels, float* weights, int* rows, int count, float* outputs, int stride, int width, float scale, float* gradient, double sum)
    {
        for (int i = 0; i < count; i++, outputs += stride, gradient += stride)
        {
            float weight = weights == null ? 1 : weights[rows[i]];
            sum += weight * SoftmaxCrossEntropy.Evaluate(new ReadOnlySpan<float>(outputs, width), (int)labels[rows[i]], smoothing, new Span<float>(gradient, width));
            for (int j = 0; j < width; j++) gradient[j] *= scale * weight;
        }
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double General(
        Loss loss, int labelColumns, float* labels, float* weights, int* rows, int count, float* outputs, int stride, int width, float scale, float* gradient, double sum)
    {
        for (int i = 0; i < count; i++, outputs += stride, gradient += stride)
        {
            float weight = weights == null ? 1 : weights[rows[i]];
            var slope = new Span<float>(gradient, width);
            sum += weight * loss.Evaluate(new ReadOnlySpan<float>(outputs, width), new ReadOnlySpan<float>(labels + (nint)rows[i] * labelColumns, labelColumns), slope);
            for (int j = 0; j < width; j++) gradient[j] *= scale * weight;
        }
        return sum;
    }
}
