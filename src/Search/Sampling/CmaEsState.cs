using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Factorization;

namespace Microsoft.ML.TrainerSearch;

/// <summary>The distribution of CMA-ES and its update; names as in Hansen's tutorial.</summary>
internal sealed class CmaEsState
{
    private readonly int dimensions;
    private readonly double[] weights;
    private readonly double effectiveSelection, covarianceRate, rankOneRate, rankManyRate, stepRate, stepDamping, expectedNorm;
    private Vector<double> mean, covariancePath, stepPath;
    private Matrix<double> covariance, axes;
    private Vector<double> lengths;
    private double sigma;

    public CmaEsState(int dimensions, double step, int? population)
    {
        this.dimensions = dimensions;
        double n = dimensions;
        Population = population ?? Math.Max(5, 3 + (int)(1.5 * Math.Log(n)));
        double[] raw = [.. Enumerable.Range(1, Population).Select(i => Math.Log((Population + 1) / 2.0) - Math.Log(i))];
        double[] positive = [.. raw.Where(weight => weight > 0)], negative = [.. raw.Where(weight => weight <= 0)];
        effectiveSelection = Math.Pow(positive.Sum(), 2) / positive.Sum(weight => weight * weight);
        double negativeSelection = negative.Sum(weight => weight * weight) is > 0 and double squares ? Math.Pow(negative.Sum(), 2) / squares : 0;

        rankOneRate = 2 / (Math.Pow(n + 1.3, 2) + effectiveSelection);
        rankManyRate = Math.Min(1 - rankOneRate - 1e-8, 2 * (effectiveSelection - 2 + 1 / effectiveSelection) / (Math.Pow(n + 2, 2) + effectiveSelection));
        covarianceRate = (4 + effectiveSelection / n) / (n + 4 + 2 * effectiveSelection / n);
        stepRate = (effectiveSelection + 2) / (n + effectiveSelection + 5);
        stepDamping = 1 + 2 * Math.Max(0, Math.Sqrt((effectiveSelection - 1) / (n + 1)) - 1) + stepRate;
        expectedNorm = Math.Sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));

        // The negative weights keep the covariance positive definite (equations 50 to 53).
        double least = Math.Min(1 + rankOneRate / Math.Max(rankManyRate, 1e-12), Math.Min(1 + 2 * negativeSelection / (effectiveSelection + 2), (1 - rankOneRate - rankManyRate) / (n * Math.Max(rankManyRate, 1e-12))));
        double positiveSum = positive.Sum(), negativeSum = Math.Max(1e-12, -negative.Sum());
        weights = [.. raw.Select(weight => weight > 0 ? weight / positiveSum : weight * least / negativeSum)];

        sigma = step;
        mean = Vector<double>.Build.Dense(dimensions, 0.5);
        (covariancePath, stepPath) = (Vector<double>.Build.Dense(dimensions), Vector<double>.Build.Dense(dimensions));
        (covariance, axes) = (Matrix<double>.Build.DenseIdentity(dimensions), Matrix<double>.Build.DenseIdentity(dimensions));
        lengths = Vector<double>.Build.Dense(dimensions, 1);
    }

    public int Population { get; }

    public int Generation { get; private set; }

    /// <summary>The middle of the distribution, cut off at the unit cube.</summary>
    public double Middle(int dimension) => Math.Clamp(mean[dimension], 0, 1);

    /// <summary>A point inside the unit cube: drawn again while outside, cut off in the end.</summary>
    /// <param name="random">The source of chance.</param>
    /// <param name="least">The least standard deviation of each coordinate.</param>
    public double[] Draw(CounterRandom random, double[] least)
    {
        double[] extra = [.. least.Select((deviation, i) => Math.Sqrt(Math.Max(0, deviation * deviation - sigma * sigma * covariance[i, i])))];
        for (int attempt = 0; ; attempt++)
        {
            Vector<double> normal = Vector<double>.Build.Dense(dimensions, _ => random.NextNormal());
            Vector<double> point = mean + sigma * (axes * lengths.PointwiseMultiply(normal));
            for (int i = 0; i < dimensions; i++)
                if (extra[i] > 0) point[i] += extra[i] * random.NextNormal();
            if (attempt == 100 || point.All(x => x is >= 0 and <= 1)) return [.. point.Select(x => Math.Clamp(x, 0, 1))];
        }
    }

    /// <summary>Moves on by one generation, given its points, best first.</summary>
    public void Update(double[][] points)
    {
        Vector<double>[] steps = [.. points.Select(point => (Vector<double>.Build.Dense(point) - mean) / sigma)];
        Vector<double> move = Vector<double>.Build.Dense(dimensions);
        for (int i = 0; i < steps.Length; i++)
            if (weights[i] > 0) move += weights[i] * steps[i];
        mean += sigma * move;
        Generation++;

        Vector<double> white = axes * (axes.TransposeThisAndMultiply(move) / lengths);
        stepPath = (1 - stepRate) * stepPath + Math.Sqrt(stepRate * (2 - stepRate) * effectiveSelection) * white;
        double norm = stepPath.L2Norm();
        bool slow = norm / Math.Sqrt(1 - Math.Pow(1 - stepRate, 2.0 * Generation)) < (1.4 + 2.0 / (dimensions + 1)) * expectedNorm;
        covariancePath = (1 - covarianceRate) * covariancePath
            + (slow ? Math.Sqrt(covarianceRate * (2 - covarianceRate) * effectiveSelection) : 0) * move;

        double kept = 1 - rankOneRate - rankManyRate * weights.Sum() + (slow ? 0 : rankOneRate * covarianceRate * (2 - covarianceRate));
        Matrix<double> next = kept * covariance + rankOneRate * covariancePath.OuterProduct(covariancePath);
        for (int i = 0; i < steps.Length; i++)
        {
            double weight = weights[i];
            if (weight < 0) weight *= dimensions / Math.Pow((axes.TransposeThisAndMultiply(steps[i]) / lengths).L2Norm() + 1e-12, 2);
            next += rankManyRate * weight * steps[i].OuterProduct(steps[i]);
        }
        covariance = (next + next.Transpose()) / 2;
        sigma = Math.Clamp(sigma * Math.Exp(stepRate / stepDamping * (norm / expectedNorm - 1)), 1e-12, 1);

        Evd<double> eigen = covariance.Evd(Symmetricity.Symmetric);
        axes = eigen.EigenVectors;
        lengths = eigen.EigenValues.Map(value => Math.Sqrt(Math.Max(value.Real, 1e-16)));
    }
}
