namespace Microsoft.ML.LrSchedules;

/// <summary>
/// Boundaries are sums and products of doubles, so one that is meant to be step 3 may come out as 3.0000000000000004. Boundaries that are not whole
/// steps stay what they are; those within a billionth of one are that step.
/// </summary>
internal static class Positions
{
    private const double Hair = 1e-9;

    /// <summary>The position, or the whole step it is meant to be.</summary>
    internal static double Snap(double position) => Math.Abs(position - Math.Round(position)) <= Hair ? Math.Round(position) : position;

    /// <summary>In which stair of a given width a position lies, counted from 0.</summary>
    internal static double Stair(double position, double width) => Math.Floor(position / width + Hair);

    /// <summary>How many stairs of a given width reach up to a position.</summary>
    internal static double StairsUpTo(double position, double width) => Math.Ceiling(position / width - Hair);
}
