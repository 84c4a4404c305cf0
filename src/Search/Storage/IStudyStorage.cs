namespace Microsoft.ML.TrainerSearch;

/// <summary>Where one study is kept. Several workers, threads or processes, may use it at once.</summary>
public interface IStudyStorage : IDisposable
{
    /// <summary>
    /// Runs <paramref name="body"/> while no other worker can change the study. Its writes become visible together when it
    /// returns, and not at all when it throws.
    /// </summary>
    T Change<T>(Func<IStudyChange, T> body);
}

/// <summary>One atomic change of a study: read, decide, write.</summary>
public interface IStudyChange
{
    /// <summary>What the study varies and optimises, as first stored; null while it has never been opened.</summary>
    string? Definition { get; set; }

    /// <summary>Counts the changes before this one. A worker that has seen this revision has seen everything.</summary>
    long Revision { get; }

    /// <summary>The trials written after <paramref name="revision"/> and before this change, whole, by number.</summary>
    IReadOnlyList<TrialRow> ChangedSince(long revision);

    /// <summary>Writes a trial's row, new or known. Its reports are left as they are.</summary>
    void Save(TrialRow trial);

    /// <summary>Writes one report of a trial, replacing the one of the same step and kind.</summary>
    void Save(int number, TrialReport report);

    /// <summary>Removes the reports of a trial after <paramref name="step"/>: they will be made again from its checkpoint.</summary>
    void ForgetReports(int number, int step);
}
