using System.Globalization;

namespace Golden.Curves;

/// <summary>Compares golden curves with this library's schedules, by family and parameters.</summary>
public static class CurveHarness
{
    /// <summary>Compares every file that names a schedule.</summary>
    public static GoldenReport Run(IReadOnlyList<GoldenFile> files) =>
        new("curves", [.. files.Where(file => file.Schedule is not null).Select(Compare)]);

    private static GoldenResult Compare(GoldenFile file)
    {
        GoldenResult Result(GoldenOutcome outcome, string detail = "") => new(file.Path, file.Schedule!, outcome, detail);
        try
        {
            var curve = new GoldenCurve(file.Root);
            if (Defects.ReasonAgainst(curve) is { } reason)
                return Result(GoldenOutcome.OutOfScope, reason);
            if (Families.Of(curve) is not { } got)
                return Result(GoldenOutcome.NotImplemented, "the family is unknown");
            if (curve.Parameters.Unread is { Count: > 0 } unread)
                return Result(GoldenOutcome.NotImplemented, "unknown parameters: " + string.Join(", ", unread));
            return FirstDifference(curve, got) is { } difference ? Result(GoldenOutcome.Failed, difference)
                : Result(GoldenOutcome.Passed, string.Join("; ", got.Select(series => series.Note).Where(note => note.Length > 0)));
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return Result(GoldenOutcome.Failed, exception.Message);
        }
    }

    private static string? FirstDifference(GoldenCurve curve, IReadOnlyList<GoldenSeries> series)
    {
        foreach (GoldenSeries one in series)
        {
            for (int k = 0; k < one.Want.Length; k++)
            {
                double got = one.Got(k);
                if (!curve.Agrees(got, one.Want[k]))
                    return string.Create(CultureInfo.InvariantCulture, $"{one.Name}[{k}]: got {got:R}, want {one.Want[k]:R}");
            }
        }
        return null;
    }
}

/// <summary>One list of a golden file and what this library computes for it. A note says which values are left out, and why.</summary>
public sealed record GoldenSeries(string Name, double[] Want, Func<int, double> Got, string Note = "")
{
    /// <summary>The values before <paramref name="end"/>; the others are past the peer's own run.</summary>
    public GoldenSeries Upto(int end, string reason) => Want.Length <= end ? this
        : this with { Want = Want[..end], Note = $"{Name} from index {end} on not compared: {reason}" };
}
