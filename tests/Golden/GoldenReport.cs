namespace Golden;

/// <summary>What became of a golden file.</summary>
public enum GoldenOutcome
{
    /// <summary>Every value is within the tolerance.</summary>
    Passed,

    /// <summary>A value is not.</summary>
    Failed,

    /// <summary>The family, or one of its parameters, is unknown here.</summary>
    NotImplemented,

    /// <summary>Deliberately not imitated, with the reason.</summary>
    OutOfScope,
}

/// <summary>The outcome of one file, with the first difference or the reason.</summary>
public sealed record GoldenResult(string Path, string Family, GoldenOutcome Outcome, string Detail = "");

/// <summary>The outcomes of all files of one kind ("curves" or "trajectories").</summary>
public sealed record GoldenReport(string Kind, IReadOnlyList<GoldenResult> Results)
{
    /// <summary>Files with this outcome.</summary>
    public int Count(GoldenOutcome outcome) => Results.Count(result => result.Outcome == outcome);

    /// <summary>Every file that did not pass or has a note, then the line with the counts.</summary>
    public void Print(TextWriter writer)
    {
        foreach (GoldenResult result in Results.Where(result => result.Outcome != GoldenOutcome.Passed || result.Detail.Length > 0))
            writer.WriteLine($"{result.Outcome}: {System.IO.Path.GetFileName(result.Path)} ({result.Family}): {result.Detail}");
        writer.WriteLine($"{Kind}: {Count(GoldenOutcome.Passed)} passed, {Count(GoldenOutcome.Failed)} failed, {Count(GoldenOutcome.NotImplemented)} not implemented, {Count(GoldenOutcome.OutOfScope)} out of scope");
    }
}
