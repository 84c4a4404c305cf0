using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Microsoft.ML.TrainerSearch;

/// <summary>One file on a local disk, for any number of processes of one host: write-ahead log, and every change an immediate transaction.</summary>
internal sealed class SqliteStorage : SqlStorage
{
    public SqliteStorage(string path, string study) : this(Open(path), study)
    {
    }

    private SqliteStorage(SqliteConnection connection, string study) : base(connection, study)
    {
        using SqliteTransaction transaction = connection.BeginTransaction(deferred: false);
        Prepare(transaction);
    }

    protected override DbTransaction BeginExclusive(DbConnection connection, string study) =>
        ((SqliteConnection)connection).BeginTransaction(deferred: false);

    private static SqliteConnection Open(string path)
    {
        // Another process may hold the file for a moment; a change takes milliseconds.
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 60 }.ToString());
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "PRAGMA busy_timeout = 60000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;";
        command.ExecuteNonQuery();
        return connection;
    }
}
