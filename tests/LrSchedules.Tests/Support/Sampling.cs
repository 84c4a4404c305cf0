using System.Globalization;

namespace Microsoft.ML.LrSchedules.Tests;

/// <summary>How many random samples a law is checked with; MLNETLR_LAW_SAMPLES lowers it where the tests run thousands of times, as under mutation.</summary>
internal static class Sampling
{
    internal static long Count(long usual) =>
        long.TryParse(Environment.GetEnvironmentVariable("MLNETLR_LAW_SAMPLES"), CultureInfo.InvariantCulture, out long samples) ? Math.Min(samples, usual) : usual;
}
