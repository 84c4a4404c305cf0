using Microsoft.ML.TrainerSearch;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Search.Tests.Storage;

/// <summary>The same expectations for every storage. PostgreSQL runs where MLNETLR_TEST_POSTGRES holds a connection string.</summary>
[TestClass]
public sealed class StorageTests
{
    private static readonly SearchSpace space = SearchSpace.Empty.Float("x", 0, 1).Choice("c", "a", "b");
    private readonly string folder = Directory.CreateTempSubdirectory("search-storage").FullName;

    /// <summary>The connection string of a PostgreSQL server to test with; null without one.</summary>
    internal static string? Server => Environment.GetEnvironmentVariable("MLNETLR_TEST_POSTGRES") is { Length: > 0 } server ? server : null;

    public static IEnumerable<object[]> Kinds => [["memory"], .. DatabaseKinds];

    public static IEnumerable<object[]> DatabaseKinds => Server is null ? [["sqlite"]] : [["sqlite"], ["postgres"]];

    [TestCleanup]
    public void Cleanup() => Directory.Delete(folder, recursive: true);

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void Change_EveryField_ReadsBackExactly(string kind)
    {
        using IStudyStorage storage = Open(kind, "exact");
        double[] values = [0.1 + 0.2, double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.Epsilon, -1e300, 1.0 / 3];
        var rows = values.Select((value, n) => new TrialRow
        {
            Number = n,
            State = (TrialState)(n % 6),
            Configuration = $"x={n}; c='a\"b''; DROP TABLE search_trial",
            Origin = "tpe",
            Pool = "cosine",
            Value = n == 3 ? null : value,
            Reached = 3,
            Spent = 17,
            Target = int.MaxValue,
            Checkpoint = n % 2 == 0 ? null : "pfad/mit Ümlaut",
            Worker = "host|1|2",
            Attempt = 2,
            Heartbeat = long.MaxValue,
            Started = 638_000_000_000_000_001,
            Ended = 5,
            Error = n == 4 ? "line 1\nline 2" : null,
        }).ToArray();
        TrialReport[] reports = [.. values.Select((value, i) => new TrialReport(i + 1, value, i % 2 == 0 ? null : value, i == 2))];
        storage.Change(change =>
        {
            change.Definition = "definition";
            foreach (TrialRow row in rows)
            {
                change.Save(row);
                foreach (TrialReport report in reports.Reverse()) change.Save(row.Number, report);
            }
            return true;
        });

        (string? definition, IReadOnlyList<TrialRow> read) = storage.Change(change => (change.Definition, change.ChangedSince(-1)));
        definition.Should().Be("definition");
        read.Should().HaveCount(rows.Length);
        foreach ((TrialRow row, TrialRow expected) in read.Zip(rows))
        {
            (row with { Reports = [] }).Should().Be(expected);
            row.Reports.Should().Equal(reports.Select(report => double.IsNaN(report.Rate ?? 0) ? report with { Rate = kind == "memory" ? double.NaN : null } : report));
        }
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void ChangedSince_Revision_GivesOnlyWhatWasWrittenLater(string kind)
    {
        using IStudyStorage storage = Open(kind, "revision");
        storage.Change(change => { change.Save(Row(0)); change.Save(Row(1)); return 0; });
        long seen = storage.Change(change => change.Revision);
        storage.Change(change => change.ChangedSince(seen)).Should().BeEmpty();
        storage.Change(change => { change.Save(1, new TrialReport(1, 0.5)); return 0; });
        storage.Change(change => change.ChangedSince(seen)).Should().ContainSingle().Which.Number.Should().Be(1);
        storage.Change(change => { change.Save(1, new TrialReport(2, 0.4)); change.Save(1, new TrialReport(2, 0.3)); change.ForgetReports(1, 1); return 0; });
        storage.Change(change => change.ChangedSince(-1))[1].Reports.Should().Equal(new TrialReport(1, 0.5));
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void Change_ThatThrows_LeavesNothing(string kind)
    {
        using IStudyStorage storage = Open(kind, "rollback");
        FluentActions.Invoking(() => storage.Change<int>(change =>
        {
            change.Save(Row(0));
            throw new InvalidDataException();
        })).Should().Throw<InvalidDataException>();
        storage.Change(change => change.ChangedSince(-1)).Should().BeEmpty();
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void Study_ClosedAndOpenedAgain_EqualsAnUninterruptedOne(string kind)
    {
        StudyOptions Options(IStudyStorage storage, int trials) => new() { Storage = storage, Sampler = Samplers.Tpe(4), Pruner = Pruners.Asha(1, 9), MaximumTrials = trials };
        using IStudyStorage whole = StudyStorage.InMemory();
        using (Study study = Study.Open(space, Options(whole, 40))) study.Optimize(Train);

        if (kind == "memory") return;
        foreach (int trials in new[] { 7, 22, 40 })
        {
            using IStudyStorage part = Open(kind, "resume");
            using Study study = Study.Open(space, Options(part, trials));
            if (trials == 40) study.Optimize(Train);
            else
                while (study.View().Trials.Count < trials && study.Ask() is { } trial) Finish(trial, Train(trial));
        }
        using IStudyStorage again = Open(kind, "resume");
        Table(again).Should().Equal(Table(whole));
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void Study_SeveralStudiesOnOneStorage_LoseNothing(string kind)
    {
        IStudyStorage? shared = kind == "memory" ? StudyStorage.InMemory() : null;
        int completed = 0;
        Task[] workers = [.. Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
        {
            using IStudyStorage storage = shared ?? Open(kind, "parallel");
            using Study study = Study.Open(space, new() { Storage = storage, MaximumTrials = 30, PollInterval = TimeSpan.FromMilliseconds(5) });
            study.Optimize(trial =>
            {
                trial.Report(1, 1);
                Interlocked.Increment(ref completed);
                return trial.Configuration.Float("x");
            });
        }))];
        Task.WaitAll(workers);
        completed.Should().Be(30);
        using IStudyStorage after = shared ?? Open(kind, "parallel");
        after.Change(change => change.ChangedSince(-1)).Select(row => (row.Number, row.State, row.Attempt))
            .Should().Equal(Enumerable.Range(0, 30).Select(n => (n, TrialState.Complete, 1)));
    }

    [TestMethod]
    public void Sqlite_TwoStudiesInOneFile_AreApart()
    {
        string path = Path.Combine(folder, "two.db");
        using IStudyStorage a = StudyStorage.Sqlite(path, "a"), b = StudyStorage.Sqlite(path, "b");
        a.Change(change => { change.Save(Row(0)); return 0; });
        b.Change(change => change.ChangedSince(-1)).Should().BeEmpty();
    }

    internal static string[] Table(IStudyStorage storage) =>
        [.. storage.Change(change => change.ChangedSince(-1)).Select(row => $"{row.Number} {row.State} {row.Configuration} {row.Origin} {row.Value:R} {row.Reached} {string.Join(",", row.Reports)}")];

    private static double Train(Trial trial)
    {
        for (int step = trial.ResumeFrom + 1; step <= 9; step++)
        {
            if (trial.Report(step, Math.Abs(trial.Configuration.Float("x") - 0.3) + 1.0 / step) == TrialSignal.Continue) continue;
            trial.Pause($"{step}");
            return 0;
        }
        return Math.Abs(trial.Configuration.Float("x") - 0.3);
    }

    private static void Finish(Trial trial, double value)
    {
        if (trial.IsOpen) trial.Complete(value);
    }

    private static TrialRow Row(int number) => new() { Number = number, State = TrialState.Running, Configuration = "x=0.5; c=a" };

    private IStudyStorage Open(string kind, string study) => kind switch
    {
        "memory" => StudyStorage.InMemory(),
        "sqlite" => StudyStorage.Sqlite(Path.Combine(folder, "study.db"), study),
        _ => StudyStorage.Postgres(Server!, $"{study} {folder}"),
    };
}
