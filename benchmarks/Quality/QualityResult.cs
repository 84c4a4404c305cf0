namespace MlNetLr.Benchmarks.Quality;

/// <summary>One fit and its test: the figures in the order of <see cref="Scores.Of"/>, NaN where there is none; and why there is none, if it failed or was stopped.</summary>
internal sealed record QualityResult(string Contestant, int Run, double[] Figures, double Seconds, string? Failure = null);

/// <summary>What was measured on one data set. A run is a seed on the same rows, or a split of its own with a seed.</summary>
internal sealed record QualityTable(string Title, TableTask Task, int TrainRows, int TestRows, int Features, bool HasSplits, IReadOnlyList<QualityResult> Results)
{
    /// <summary>What a reader must know of the data and the runs.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Whether the results of both stand in one table: of the same rows, run by run.</summary>
    public bool Matches(QualityTable other) =>
        (Title, Task, TrainRows, TestRows, Features, HasSplits) == (other.Title, other.Task, other.TrainRows, other.TestRows, other.Features, other.HasSplits);

    /// <summary>These results, and those of the other that are not measured anew.</summary>
    public QualityTable With(QualityTable older) => this with
    {
        Results = [.. older.Results.Where(old => !Results.Any(own => own.Contestant == old.Contestant && own.Run == old.Run)), .. Results],
        Notes = [.. older.Notes.Union(Notes)],
    };
}
