namespace Microsoft.ML.Trainers.Torch.Lanes;

/// <summary>What the optimizers that estimate their own rate share.</summary>
internal static class ParameterFree
{
    /// <summary>An estimate never falls, and grows at most by a factor.</summary>
    public static double Grown(double d, double estimate, double? growthRate) =>
        Math.Max(d, Math.Min(estimate, d * (growthRate ?? double.PositiveInfinity)));

    /// <summary>A growth rate of at least 1, or none.</summary>
    public static double? Growth(double? value) =>
        value is null or >= 1 ? value : throw Require.Error("GrowthRate", "at least 1", value, "Leave it null for any growth.");
}
