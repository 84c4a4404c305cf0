using System.Collections.Immutable;
using System.Data.Common;
using System.Globalization;

namespace Microsoft.ML.TrainerSearch;

/// <summary>
/// A study in a database, one row per trial and one per report. Databases differ in how a change is kept to one worker at
/// a time (<see cref="BeginExclusive"/>) and in how tables are made safely; all other SQL is the same.
/// </summary>
internal abstract class SqlStorage(DbConnection connection, string study) : IStudyStorage
{
    private const string Schema = """
        CREATE TABLE IF NOT EXISTS search_study (
            name TEXT PRIMARY KEY,
            definition TEXT,
            revision BIGINT NOT NULL);
        CREATE TABLE IF NOT EXISTS search_trial (
            study TEXT NOT NULL REFERENCES search_study (name),
            number INTEGER NOT NULL,
            revision BIGINT NOT NULL,
            state TEXT NOT NULL,
            configuration TEXT NOT NULL,
            origin TEXT NOT NULL,
            pool TEXT NOT NULL,
            value DOUBLE PRECISION,
            has_value INTEGER NOT NULL,
            reached INTEGER NOT NULL,
            spent INTEGER NOT NULL,
            target INTEGER NOT NULL,
            checkpoint TEXT,
            worker TEXT,
            attempt INTEGER NOT NULL,
            heartbeat BIGINT NOT NULL,
            started BIGINT NOT NULL,
            ended BIGINT NOT NULL,
            error TEXT,
            PRIMARY KEY (study, number));
        CREATE TABLE IF NOT EXISTS search_report (
            study TEXT NOT NULL,
            number INTEGER NOT NULL,
            step INTEGER NOT NULL,
            judged INTEGER NOT NULL,
            value DOUBLE PRECISION,
            rate DOUBLE PRECISION,
            PRIMARY KEY (study, number, step, judged));
        """;

    private readonly Lock gate = new();

    /// <summary>The columns of a trial, in the order in which they are read.</summary>
    private static readonly string[] columns =
        ["number", "state", "configuration", "origin", "pool", "value", "has_value", "reached", "spent", "target", "checkpoint", "worker", "attempt", "heartbeat", "started", "ended", "error"];

    /// <summary>Begins a transaction during which no other worker can change the study.</summary>
    protected abstract DbTransaction BeginExclusive(DbConnection connection, string study);

    /// <summary>Makes the tables and the study's row if they are missing; several workers may do so at once.</summary>
    protected void Prepare(DbTransaction transaction)
    {
        Execute(transaction, Schema);
        Execute(transaction, "INSERT INTO search_study (name, definition, revision) VALUES (@study, NULL, 0) ON CONFLICT (name) DO NOTHING", ("study", study));
        transaction.Commit();
    }

    public T Change<T>(Func<IStudyChange, T> body)
    {
        lock (gate)
        {
            using DbTransaction transaction = BeginExclusive(connection, study);
            var change = new SqlChange(this, transaction);
            T result = body(change);
            transaction.Commit();
            return result;
        }
    }

    public void Dispose() => connection.Dispose();

    private int Execute(DbTransaction transaction, string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using DbCommand command = Command(transaction, sql, parameters);
        return command.ExecuteNonQuery();
    }

    private DbCommand Command(DbTransaction transaction, string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        DbCommand command = connection.CreateCommand();
        (command.Transaction, command.CommandText) = (transaction, sql);
        foreach ((string name, object? value) in parameters)
        {
            DbParameter parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (name, value ?? DBNull.Value);
            if (value is null && name is "value" or "rate") parameter.DbType = System.Data.DbType.Double;
            command.Parameters.Add(parameter);
        }
        return command;
    }

    /// <summary>NaN has no place in SQLite's numbers: it is stored as NULL, and a flag or the row itself says that there is a value.</summary>
    private static object? Stored(double? value) => value is { } number && !double.IsNaN(number) ? number : null;

    private sealed class SqlChange(SqlStorage storage, DbTransaction transaction) : IStudyChange
    {
        private long? revision;
        private bool counted;

        public string? Definition
        {
            get => Scalar("SELECT definition FROM search_study WHERE name = @study") as string;
            set => storage.Execute(transaction, "UPDATE search_study SET definition = @definition WHERE name = @study", ("study", storage.Study), ("definition", value));
        }

        public long Revision => revision ??= Convert.ToInt64(Scalar("SELECT revision FROM search_study WHERE name = @study"), CultureInfo.InvariantCulture);

        public IReadOnlyList<TrialRow> ChangedSince(long revision)
        {
            if (revision >= Revision) return [];
            var rows = new List<TrialRow>();
            using (DbCommand command = storage.Command(transaction, $"SELECT {string.Join(", ", columns)} FROM search_trial WHERE study = @study AND revision > @seen ORDER BY number", ("study", storage.Study), ("seen", revision)))
            using (DbDataReader reader = command.ExecuteReader())
                while (reader.Read()) rows.Add(ReadTrial(reader));

            var reports = new Dictionary<int, ImmutableArray<TrialReport>.Builder>();
            using (DbCommand command = storage.Command(transaction, """
                SELECT number, step, judged, value, rate FROM search_report
                WHERE study = @study AND number IN (SELECT number FROM search_trial WHERE study = @study AND revision > @seen)
                ORDER BY number, step, judged
                """, ("study", storage.Study), ("seen", revision)))
            using (DbDataReader reader = command.ExecuteReader())
                while (reader.Read())
                {
                    if (!reports.TryGetValue(reader.GetInt32(0), out var list)) reports.Add(reader.GetInt32(0), list = ImmutableArray.CreateBuilder<TrialReport>());
                    list.Add(new TrialReport(reader.GetInt32(1), reader.IsDBNull(3) ? double.NaN : reader.GetDouble(3), reader.IsDBNull(4) ? null : reader.GetDouble(4), reader.GetInt32(2) == 1));
                }
            return [.. rows.Select(row => reports.TryGetValue(row.Number, out var list) ? row with { Reports = list.ToImmutable() } : row)];
        }

        public void Save(TrialRow trial)
        {
            Count();
            storage.Execute(transaction, $"""
                INSERT INTO search_trial (study, revision, {string.Join(", ", columns)})
                VALUES (@study, @revision, {string.Join(", ", columns.Select(column => "@" + column))})
                ON CONFLICT (study, number) DO UPDATE SET revision = excluded.revision, {string.Join(", ", columns[1..].Select(column => $"{column} = excluded.{column}"))}
                """,
                ("study", storage.Study), ("revision", Revision + 1), ("number", trial.Number), ("state", trial.State.ToString()),
                ("configuration", trial.Configuration), ("origin", trial.Origin), ("pool", trial.Pool), ("value", Stored(trial.Value)),
                ("has_value", trial.Value is null ? 0 : 1), ("reached", trial.Reached), ("spent", trial.Spent), ("target", trial.Target),
                ("checkpoint", trial.Checkpoint), ("worker", trial.Worker), ("attempt", trial.Attempt), ("heartbeat", trial.Heartbeat),
                ("started", trial.Started), ("ended", trial.Ended), ("error", trial.Error));
        }

        public void Save(int number, TrialReport report)
        {
            Touch(number);
            storage.Execute(transaction, """
                INSERT INTO search_report (study, number, step, judged, value, rate) VALUES (@study, @number, @step, @judged, @value, @rate)
                ON CONFLICT (study, number, step, judged) DO UPDATE SET value = excluded.value, rate = excluded.rate
                """,
                ("study", storage.Study), ("number", number), ("step", report.Step), ("judged", report.IsJudged ? 1 : 0), ("value", Stored(report.Value)), ("rate", Stored(report.Rate)));
        }

        public void ForgetReports(int number, int step)
        {
            Touch(number);
            storage.Execute(transaction, "DELETE FROM search_report WHERE study = @study AND number = @number AND step > @step", ("study", storage.Study), ("number", number), ("step", step));
        }

        private void Touch(int number)
        {
            Count();
            storage.Execute(transaction, "UPDATE search_trial SET revision = @revision WHERE study = @study AND number = @number", ("study", storage.Study), ("revision", Revision + 1), ("number", number));
        }

        /// <summary>One revision per change, however many rows it writes.</summary>
        private void Count()
        {
            if (counted) return;
            storage.Execute(transaction, "UPDATE search_study SET revision = @revision WHERE name = @study", ("study", storage.Study), ("revision", Revision + 1));
            counted = true;
        }

        private object? Scalar(string sql)
        {
            using DbCommand command = storage.Command(transaction, sql, ("study", storage.Study));
            return command.ExecuteScalar();
        }

        private static TrialRow ReadTrial(DbDataReader reader) => new()
        {
            Number = reader.GetInt32(0),
            State = Enum.Parse<TrialState>(reader.GetString(1)),
            Configuration = reader.GetString(2),
            Origin = reader.GetString(3),
            Pool = reader.GetString(4),
            Value = reader.GetInt32(6) == 0 ? null : reader.IsDBNull(5) ? double.NaN : reader.GetDouble(5),
            Reached = reader.GetInt32(7),
            Spent = reader.GetInt32(8),
            Target = reader.GetInt32(9),
            Checkpoint = reader.IsDBNull(10) ? null : reader.GetString(10),
            Worker = reader.IsDBNull(11) ? null : reader.GetString(11),
            Attempt = reader.GetInt32(12),
            Heartbeat = reader.GetInt64(13),
            Started = reader.GetInt64(14),
            Ended = reader.GetInt64(15),
            Error = reader.IsDBNull(16) ? null : reader.GetString(16),
        };
    }

    private string Study => study;
}
