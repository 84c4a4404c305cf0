using Microsoft.ML.Trainers.Torch.Data;

namespace Microsoft.ML.Trainers.Torch.Tabular;

/// <summary>
/// Which models are averaged, and how confident they are, by predictions for rows that no model has seen. Each candidate (a length of training, or the
/// linear model) is first given the one factor of its outputs that suits the held-out labels best (a temperature; for a regression, a shrinkage).
/// Then candidates are picked one after the other, repeats allowed, each time the one that makes the average best
/// (Caruana, Niculescu-Mizil, Crew and Ksikes 2004, Ensemble selection from libraries of models).
/// </summary>
internal sealed class HeldOutChoice(TrainingData data, int outputs, bool softmax)
{
    private const double LeastFactor = 0.2, MostFactor = 2;

    /// <summary>The factor of the outputs with the least loss on the rows.</summary>
    public double Factor(float[] heldOut)
    {
        // The loss is convex in the factor: golden section on its logarithm.
        double low = Math.Log(LeastFactor), high = Math.Log(MostFactor), ratio = (Math.Sqrt(5) - 1) / 2;
        for (int i = 0; i < 24; i++)
        {
            double left = high - ratio * (high - low), right = low + ratio * (high - low);
            if (Loss(Predictions(heldOut, Math.Exp(left))) <= Loss(Predictions(heldOut, Math.Exp(right)))) high = right;
            else low = left;
        }
        return Math.Exp((low + high) / 2);
    }

    /// <summary>What outputs become: probabilities of classes, or the outputs.</summary>
    public double[] Predictions(float[] raw, double factor)
    {
        double[] predictions = new double[raw.Length];
        for (int start = 0; start < raw.Length; start += outputs)
        {
            Span<double> row = predictions.AsSpan(start, outputs);
            double largest = double.NegativeInfinity, sum = 0;
            for (int j = 0; j < outputs; j++) largest = Math.Max(largest, row[j] = factor * raw[start + j]);
            if (!softmax) continue;
            foreach (ref double value in row) sum += value = Math.Exp(value - largest);
            foreach (ref double value in row) value /= sum;
        }
        return predictions;
    }

    /// <summary>The mean loss of predictions for all rows.</summary>
    public double Loss(double[] predictions)
    {
        double sum = 0, total = 0;
        for (int row = 0; row < data.Rows; row++)
        {
            double weight = data.Weights.IsEmpty ? 1 : data.Weights.Span[row];
            total += weight;
            sum += weight * RowLoss(predictions, row);
        }
        return sum / total;
    }

    /// <summary>
    /// By how much the loss of the second predictions lies below that of the first, in standard errors of the difference over the rows, and as a part of
    /// the first loss.
    /// </summary>
    public (double StandardErrors, double Part) Gain(double[] from, double[] to)
    {
        double mean = 0, square = 0;
        for (int row = 0; row < data.Rows; row++)
        {
            double gain = (data.Weights.IsEmpty ? 1 : data.Weights.Span[row]) * (RowLoss(from, row) - RowLoss(to, row)), delta = gain - mean;
            mean += delta / (row + 1);
            square += delta * (gain - mean);
        }
        double error = Math.Sqrt(square / data.Rows / Math.Max(1, data.Rows - 1)), loss = Loss(from);
        return (error > 0 ? mean / error : 0, loss > 0 ? 1 - Loss(to) / loss : 0);
    }

    private double RowLoss(double[] predictions, int row)
    {
        ReadOnlySpan<float> labels = data.Labels.Span;
        if (softmax) return -Math.Log(Math.Max(1e-12, predictions[row * outputs + (int)labels[row]]));
        double sum = 0;
        for (int j = 0; j < outputs; j++)
        {
            double error = predictions[row * outputs + j] - labels[row * outputs + j];
            sum += error * error / outputs;
        }
        return sum;
    }

    /// <summary>How often each candidate is picked.</summary>
    public int[] Pick(IReadOnlyList<double[]> candidates, int picks)
    {
        int[] counts = new int[candidates.Count];
        double[] sum = new double[candidates[0].Length], trial = new double[sum.Length];
        for (int pick = 1; pick <= picks; pick++)
        {
            int best = -1;
            double least = double.PositiveInfinity;
            for (int candidate = 0; candidate < candidates.Count; candidate++)
            {
                for (int i = 0; i < sum.Length; i++) trial[i] = (sum[i] + candidates[candidate][i]) / pick;
                double loss = Loss(trial);
                if (loss < least) (best, least) = (candidate, loss);
            }
            // Losses that are no numbers choose nothing.
            best = Math.Max(0, best);
            counts[best]++;
            for (int i = 0; i < sum.Length; i++) sum[i] += candidates[best][i];
        }
        return counts;
    }
}
