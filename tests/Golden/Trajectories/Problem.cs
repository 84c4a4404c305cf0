namespace Golden.Trajectories;

/// <summary>The functions that golden trajectories descend. A matrix is transposed on the way in: this library stores inputs x outputs.</summary>
internal abstract class Problem
{
    private static readonly double[][] A =
    [
        [0.5, -1.2, 0.3], [1.5, 0.4, -0.7], [-0.3, 0.8, 1.1], [0.9, -0.6, 0.2],
        [-1.1, 0.5, 0.7], [0.4, 1.3, -0.2], [-0.8, -0.9, 0.6], [1.2, 0.1, -1.4],
    ];

    /// <summary>Dimensions as this library stores them.</summary>
    internal abstract int[] Shape { get; }

    /// <summary>The loss, and its gradient into <paramref name="gradient"/>.</summary>
    internal abstract double Evaluate(ReadOnlySpan<double> w, Span<double> gradient);

    /// <summary>A stored point or gradient, in the order of this library.</summary>
    internal virtual double[] Import(double[][] rows) => [.. rows.SelectMany(row => row)];

    /// <summary>The problem of that name, or null.</summary>
    internal static Problem? Named(string name) => name switch
    {
        "rosenbrock" => new Rosenbrock(),
        "least_squares" => new LeastSquares(),
        "matrix_least_squares" => new MatrixLeastSquares(),
        _ => null,
    };

    private sealed class Rosenbrock : Problem
    {
        internal override int[] Shape => [2];

        internal override double Evaluate(ReadOnlySpan<double> w, Span<double> gradient)
        {
            double x = w[0], y = w[1], valley = y - x * x;
            gradient[0] = -2 * (1 - x) - 400 * x * valley;
            gradient[1] = 200 * valley;
            return (1 - x) * (1 - x) + 100 * valley * valley;
        }
    }

    private sealed class LeastSquares : Problem
    {
        private static readonly double[] B = [1.0, 0.3, -0.5, 0.8, -1.3, 0.6, -0.2, 0.9];

        internal override int[] Shape => [3];

        internal override double Evaluate(ReadOnlySpan<double> w, Span<double> gradient)
        {
            gradient.Clear();
            double loss = 0;
            for (int i = 0; i < A.Length; i++)
            {
                double residual = A[i][0] * w[0] + A[i][1] * w[1] + A[i][2] * w[2] - B[i];
                loss += residual * residual / (2 * A.Length);
                for (int j = 0; j < 3; j++) gradient[j] += residual * A[i][j] / A.Length;
            }
            return loss;
        }
    }

    private sealed class MatrixLeastSquares : Problem
    {
        private static readonly double[][] Y =
        [
            [1.0, -0.4], [0.3, 0.9], [-0.5, 0.2], [0.8, -1.1], [-1.3, 0.5], [0.6, 0.1], [-0.2, 0.7], [0.9, -0.6],
        ];

        internal override int[] Shape => [2, 3];

        internal override double[] Import(double[][] rows)
        {
            double[] values = base.Import(rows);
            return [.. Enumerable.Range(0, values.Length).Select(i => values[i % 3 * 2 + i / 3])];
        }

        internal override double Evaluate(ReadOnlySpan<double> w, Span<double> gradient)
        {
            gradient.Clear();
            double loss = 0;
            for (int i = 0; i < A.Length; i++)
            {
                for (int j = 0; j < 2; j++)
                {
                    double residual = A[i][0] * w[3 * j] + A[i][1] * w[3 * j + 1] + A[i][2] * w[3 * j + 2] - Y[i][j];
                    loss += residual * residual / (2 * A.Length);
                    for (int k = 0; k < 3; k++) gradient[3 * j + k] += residual * A[i][k] / A.Length;
                }
            }
            return loss;
        }
    }
}
