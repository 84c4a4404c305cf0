namespace Microsoft.ML.TrainerSearch;

/// <summary>Places to keep a study.</summary>
public static class StudyStorage
{
    /// <summary>In this process, for as long as it lives.</summary>
    public static IStudyStorage InMemory() => new MemoryStorage();

    /// <summary>
    /// In an SQLite file, made if it is missing, for any number of processes on one host. The file must be on a local disk:
    /// its write-ahead log does not work over NFS or SMB; use <see cref="Postgres"/> for several hosts.
    /// </summary>
    /// <param name="path">The file. Every change is in it at once; killing a process loses nothing, a power cut at most the last changes.</param>
    /// <param name="study">The study's name; one file may hold several.</param>
    public static IStudyStorage Sqlite(string path, string study = "study")
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentException.ThrowIfNullOrWhiteSpace(study);
        return new SqliteStorage(path, study);
    }

    /// <summary>In a PostgreSQL database, for workers on several hosts. The tables <c>search_study</c>, <c>search_trial</c> and <c>search_report</c> are made if they are missing.</summary>
    /// <param name="connectionString">As for Npgsql, for example <c>Host=db;Database=search;Username=me</c>.</param>
    /// <param name="study">The study's name; one database may hold several.</param>
    public static IStudyStorage Postgres(string connectionString, string study = "study")
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionString);
        ArgumentException.ThrowIfNullOrWhiteSpace(study);
        return new PostgresStorage(connectionString, study);
    }
}
