namespace Microsoft.ML.LrSchedules;

/// <summary>Between two values, exact at both ends and for equal ends.</summary>
internal static class Blend
{
    /// <summary>to + (from - to) left, rounded from the nearer end.</summary>
    internal static double Of(double from, double to, double left) =>
        left >= 0.5 ? from + (to - from) * (1 - left) : to + (from - to) * left;
}
