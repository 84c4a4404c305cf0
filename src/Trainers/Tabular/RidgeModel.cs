using System.Numerics.Tensors;
using Microsoft.ML.Trainers.Torch.Data;

namespace Microsoft.ML.Trainers.Torch.Tabular;

/// <summary>
/// The linear model to which small tables are shrunk: scores = x W + b that minimise the mean loss (squared error or softmax cross-entropy) plus
/// ridge / (2 rows) times the squares of W. The objective is convex; L-BFGS solves it (Liu and Nocedal 1989).
/// </summary>
internal sealed class RidgeModel
{
    private const int Iterations = 60;
    private const int Memory = 8;
    private const double Tolerance = 1e-4;

    private readonly int columns, outputs;

    private RidgeModel(int columns, int outputs, float[] parameters)
    {
        this.columns = columns;
        this.outputs = outputs;
        Parameters = parameters;
    }

    /// <summary>For each output the weights of the columns, then the bias.</summary>
    public float[] Parameters { get; }

    /// <summary>The weight of a column in an output.</summary>
    public float Weight(int column, int output) => Parameters[output * (columns + 1) + column];

    /// <summary>The bias of an output.</summary>
    public float Bias(int output) => Parameters[output * (columns + 1) + columns];

    /// <summary>Fits the model; <paramref name="start"/> is one for a ridge close by, or null.</summary>
    /// <param name="data">Features as the network's first dense layer sees them, and labels.</param>
    /// <param name="outputs">Numbers per row out.</param>
    /// <param name="softmax">Cross-entropy of classes, else squared error.</param>
    /// <param name="ridge">Above 0.</param>
    /// <param name="start">Where to begin, or null for zeros.</param>
    public static RidgeModel Fit(TrainingData data, int outputs, bool softmax, double ridge, RidgeModel? start)
    {
        int length = outputs * (data.Columns + 1);
        var now = new RidgeModel(data.Columns, outputs, start?.Parameters.ToArray() ?? new float[length]);
        float[] gradient = new float[length], direction = new float[length], next = new float[length], nextGradient = new float[length];
        var steps = new List<(float[] Step, float[] Change, double Inverse)>();
        double loss = now.Evaluate(data, softmax, ridge, now.Parameters, gradient), first = Norm(gradient);
        for (int i = 0; i < Iterations && Norm(gradient) > Tolerance * Math.Max(1e-3, first); i++)
        {
            Direction(gradient, steps, direction);
            double slope = TensorPrimitives.Dot<float>(direction, gradient), size = i == 0 && steps.Count == 0 ? Math.Min(1, 1 / Norm(gradient)) : 1;
            if (slope >= 0) break;
            double nextLoss;
            while (true)
            {
                TensorPrimitives.MultiplyAdd(direction, (float)size, now.Parameters, next);
                nextLoss = now.Evaluate(data, softmax, ridge, next, nextGradient);
                if (nextLoss <= loss + 1e-4 * size * slope || size < 1e-6) break;
                size *= 0.5;
            }
            if (!(nextLoss < loss)) break;
            float[] step = new float[length], change = new float[length];
            TensorPrimitives.Subtract(next, now.Parameters, step);
            TensorPrimitives.Subtract(nextGradient, gradient, change);
            double curvature = TensorPrimitives.Dot<float>(step, change);
            if (curvature > 1e-12)
            {
                if (steps.Count == Memory) steps.RemoveAt(0);
                steps.Add((step, change, 1 / curvature));
            }
            next.CopyTo(now.Parameters, 0);
            nextGradient.CopyTo(gradient, 0);
            loss = nextLoss;
        }
        return now;
    }

    /// <summary>The scores of one row.</summary>
    public void Score(ReadOnlySpan<float> row, Span<float> scores) => Score(Parameters, row, scores);

    private void Score(ReadOnlySpan<float> parameters, ReadOnlySpan<float> row, Span<float> scores)
    {
        for (int output = 0; output < outputs; output++)
        {
            ReadOnlySpan<float> own = parameters.Slice(output * (columns + 1), columns + 1);
            scores[output] = TensorPrimitives.Dot(row, own[..columns]) + own[columns];
        }
    }

    /// <summary>The objective and its gradient.</summary>
    private double Evaluate(TrainingData data, bool softmax, double ridge, ReadOnlySpan<float> parameters, Span<float> gradient)
    {
        gradient.Clear();
        Loss loss = softmax ? new SoftmaxCrossEntropy() : new SquaredError();
        Span<float> scores = stackalloc float[outputs], slopes = stackalloc float[outputs];
        double sum = 0, total = 0;
        for (int row = 0; row < data.Rows; row++)
        {
            float weight = data.Weights.IsEmpty ? 1 : data.Weights.Span[row];
            if (weight == 0) continue;
            total += weight;
            ReadOnlySpan<float> x = data.Features.Span.Slice(row * columns, columns);
            Score(parameters, x, scores);
            sum += weight * loss.Evaluate(scores, data.Labels.Span.Slice(row * data.LabelColumns, data.LabelColumns), slopes);
            for (int output = 0; output < outputs; output++)
            {
                Span<float> own = gradient.Slice(output * (columns + 1), columns + 1);
                TensorPrimitives.MultiplyAdd(x, weight * slopes[output], own[..columns], own[..columns]);
                own[columns] += weight * slopes[output];
            }
        }
        TensorPrimitives.Multiply(gradient, (float)(1 / total), gradient);
        double penalty = 0;
        for (int output = 0; output < outputs; output++)
        {
            ReadOnlySpan<float> w = parameters.Slice(output * (columns + 1), columns);
            Span<float> own = gradient.Slice(output * (columns + 1), columns);
            TensorPrimitives.MultiplyAdd(w, (float)(ridge / total), own, own);
            penalty += TensorPrimitives.SumOfSquares(w);
        }
        return sum / total + ridge / (2 * total) * penalty;
    }

    private static void Direction(float[] gradient, List<(float[] Step, float[] Change, double Inverse)> steps, float[] direction)
    {
        TensorPrimitives.Negate<float>(gradient, direction);
        Span<double> shares = stackalloc double[Memory];
        for (int i = steps.Count - 1; i >= 0; i--)
        {
            shares[i] = steps[i].Inverse * TensorPrimitives.Dot<float>(steps[i].Step, direction);
            TensorPrimitives.MultiplyAdd(steps[i].Change, (float)-shares[i], direction, direction);
        }
        if (steps.Count > 0)
        {
            double scale = 1 / (steps[^1].Inverse * TensorPrimitives.SumOfSquares<float>(steps[^1].Change));
            TensorPrimitives.Multiply(direction, (float)scale, direction);
        }
        for (int i = 0; i < steps.Count; i++)
        {
            double share = steps[i].Inverse * TensorPrimitives.Dot<float>(steps[i].Change, direction);
            TensorPrimitives.MultiplyAdd(steps[i].Step, (float)(shares[i] - share), direction, direction);
        }
    }

    private static double Norm(float[] values) => Math.Sqrt(TensorPrimitives.SumOfSquares<float>(values));
}
