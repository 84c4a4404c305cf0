using MathNet.Numerics.Distributions;

namespace MlNetLr.Benchmarks.Search;

/// <summary>Whether one sample tends to be below another: Mann and Whitney, 1947, normal approximation with ties.</summary>
internal static class MannWhitney
{
    /// <summary>The two-sided probability of a difference like this by chance, and whether <paramref name="first"/> tends to be below.</summary>
    public static (double P, bool FirstIsLess) Test(IReadOnlyList<double> first, IReadOnlyList<double> second)
    {
        double n = first.Count, m = second.Count, u = 0;
        foreach (double a in first)
            foreach (double b in second)
                u += a < b ? 1 : a == b ? 0.5 : 0;
        double ties = first.Concat(second).GroupBy(value => value).Sum(group => Math.Pow(group.Count(), 3) - group.Count());
        double variance = n * m / 12 * (n + m + 1 - ties / ((n + m) * (n + m - 1)));
        double z = Math.Max(0, Math.Abs(u - n * m / 2) - 0.5) / Math.Sqrt(variance);
        return (2 * (1 - Normal.CDF(0, 1, z)), u > n * m / 2);
    }
}
