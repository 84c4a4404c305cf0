namespace Microsoft.ML.Trainers.Torch.Lanes;

/// <summary>How far the variance of an adaptive rate is known after t steps. Liu et al. 2020, arXiv:1908.03265.</summary>
internal static class Rectification
{
    private static double End(double beta2) => 2 / (1 - beta2) - 1;

    /// <summary>The length of the simple moving average that beta2 and t amount to.</summary>
    public static double Length(double beta2, long t) => End(beta2) - 2 * t * Math.Pow(beta2, t) / (1 - Math.Pow(beta2, t));

    /// <summary>The factor of the rate, for a length above 4; else 0.</summary>
    public static double Factor(double beta2, long t)
    {
        double end = End(beta2), now = Length(beta2, t);
        return now <= 4 ? 0 : Math.Sqrt((now - 4) * (now - 2) * end / ((end - 4) * (end - 2) * now));
    }

    /// <summary>The factor together with the correction of the mean square, from a length of <paramref name="threshold"/> on; before, 1 or 0.</summary>
    public static double Scaled(double beta2, long t, bool degenerateToSgd, int threshold = 5) =>
        Length(beta2, t) >= threshold ? Factor(beta2, t) * Math.Sqrt(1 - Math.Pow(beta2, t)) : degenerateToSgd ? 1 : 0;
}
