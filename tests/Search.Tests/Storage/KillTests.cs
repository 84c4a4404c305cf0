using System.Diagnostics;
using Microsoft.ML.TrainerSearch;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Search.Tests.Storage;

/// <summary>Workers are killed without warning; the study must not notice more than lost time.</summary>
[TestClass]
public sealed class KillTests
{
    private readonly string folder = Directory.CreateTempSubdirectory("search-kill").FullName;

    public required TestContext TestContext { get; set; }

    private string Database => Path.Combine(folder, "study.db");

    private string Log => Path.Combine(folder, "log");

    [TestCleanup]
    public void Cleanup() => Directory.Delete(folder, recursive: true);

    [TestMethod]
    public void OneWorker_Killed_EndsWithTheTableOfAnUndisturbedRun() => OneWorker(kills: 3, trials: 14);

    [TestMethod]
    [TestCategory("Slow")]
    public void OneWorker_KilledOften_EndsWithTheTableOfAnUndisturbedRun() => OneWorker(kills: 20, trials: 60);

    [TestMethod]
    [TestCategory("Slow")]
    [DynamicData(nameof(StorageTests.DatabaseKinds), typeof(StorageTests))]
    public void ThreeWorkers_FiftyKills_LoseNoTrialAndCompleteNoneTwice(string kind)
    {
        string database = kind == "sqlite" ? Database : $"postgres:{folder}";
        int kills = KillWhileRunning(database, Log, workers: 3, kills: 50, trials: 150, epochs: 8, pause: 8, seed: 2);
        kills.Should().Be(50);
        using IStudyStorage storage = kind == "sqlite" ? StudyStorage.Sqlite(Database) : StudyStorage.Postgres(StorageTests.Server!, folder);
        IReadOnlyList<TrialRow> rows = storage.Change(change => change.ChangedSince(-1));
        rows.Select(row => (row.Number, row.State)).Should().Equal(Enumerable.Range(0, 150).Select(n => (n, TrialState.Complete)));
        rows.Should().OnlyContain(row => row.Reports.Length == 8 && row.Value != null);
        Completions().Should().OnlyHaveUniqueItems();
        rows.Max(row => row.Attempt).Should().BeGreaterThan(1, "some kill hit a trial");
    }

    private void OneWorker(int kills, int trials)
    {
        string undisturbed = Path.Combine(folder, "undisturbed.db");
        KillWhileRunning(undisturbed, undisturbed + ".log", workers: 1, kills: 0, trials, epochs: 8, pause: 0, seed: 0);
        int hit = KillWhileRunning(Database, Log, workers: 1, kills, trials, epochs: 8, pause: 8, seed: 1);
        hit.Should().Be(kills);
        using IStudyStorage expected = StudyStorage.Sqlite(undisturbed), actual = StudyStorage.Sqlite(Database);
        StorageTests.Table(actual).Should().Equal(StorageTests.Table(expected)).And.HaveCount(trials);
    }

    /// <summary>Keeps workers running, kills random ones at random moments after their first change, and waits for the end.</summary>
    private int KillWhileRunning(string database, string log, int workers, int kills, int trials, int epochs, int pause, int seed)
    {
        var random = new Random(seed);
        var running = new List<Process>();
        int killed = 0;
        try
        {
            var clock = Stopwatch.StartNew();
            while (killed < kills)
            {
                clock.Elapsed.Should().BeLessThan(TimeSpan.FromMinutes(5), "the kills must come to an end");
                TestContext.CancellationToken.ThrowIfCancellationRequested();
                running.RemoveAll(process => process.HasExited);
                while (running.Count < workers) running.Add(Start(database, trials, epochs, pause, log));
                Process victim = running[random.Next(running.Count)];
                if (!File.Exists(log) || !File.ReadAllText(log).Contains($"{victim.Id} begin", StringComparison.Ordinal))
                {
                    Thread.Sleep(10);
                    continue;
                }
                Thread.Sleep(random.Next(20, 200));
                if (victim.HasExited) break;
                victim.Kill();
                victim.WaitForExit();
                killed++;
            }
            while (running.Count(process => !process.HasExited) < workers) running.Add(Start(database, trials, epochs, pause, log));
            foreach (Process process in running)
            {
                process.WaitForExit(TimeSpan.FromMinutes(3)).Should().BeTrue("the study must end");
            }
            return killed;
        }
        finally
        {
            foreach (Process process in running)
            {
                if (!process.HasExited) process.Kill();
                process.Dispose();
            }
        }
    }

    private IEnumerable<string> Completions() =>
        File.ReadAllLines(Log).Where(line => line.Contains("complete", StringComparison.Ordinal)).Select(line => line[(line.IndexOf(' ') + 1)..]);

    private static Process Start(string database, int trials, int epochs, int pause, string log) => Process.Start(new ProcessStartInfo(
        "dotnet", [Path.Combine(AppContext.BaseDirectory, "Search.Worker.dll"), database, $"{trials}", $"{epochs}", $"{pause}", log]))!;
}
