using System.Data.Common;
using Npgsql;

namespace Microsoft.ML.TrainerSearch;

/// <summary>A PostgreSQL server, for workers on several hosts: every change locks the study's row.</summary>
internal sealed class PostgresStorage : SqlStorage
{
    // Any number will do as long as every version of this class uses the same one.
    private const long SchemaLock = 7_105_640_921;

    public PostgresStorage(string connectionString, string study) : this(Open(connectionString), study)
    {
    }

    private PostgresStorage(NpgsqlConnection connection, string study) : base(connection, study)
    {
        // CREATE TABLE IF NOT EXISTS is not safe against itself there.
        using NpgsqlTransaction transaction = connection.BeginTransaction();
        using (var command = new NpgsqlCommand($"SELECT pg_advisory_xact_lock({SchemaLock})", connection, transaction)) command.ExecuteNonQuery();
        Prepare(transaction);
    }

    protected override DbTransaction BeginExclusive(DbConnection connection, string study)
    {
        var transaction = (NpgsqlTransaction)connection.BeginTransaction();
        using var command = new NpgsqlCommand("SELECT revision FROM search_study WHERE name = @study FOR UPDATE", (NpgsqlConnection)connection, transaction);
        command.Parameters.AddWithValue("study", study);
        command.ExecuteNonQuery();
        return transaction;
    }

    private static NpgsqlConnection Open(string connectionString)
    {
        var connection = new NpgsqlConnection(connectionString);
        connection.Open();
        return connection;
    }
}
