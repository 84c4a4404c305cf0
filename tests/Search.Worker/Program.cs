using System.Globalization;
using Microsoft.ML.TrainerSearch;

// A worker to be killed: DATABASE TRIALS EPOCHS MILLISECONDS-PER-EPOCH LOG
// DATABASE is a file, or postgres:STUDY on the server of MLNETLR_TEST_POSTGRES.
(string database, int trials, int epochs, int pause, string log) = (args[0], Number(args[1]), Number(args[2]), Number(args[3]), args[4]);

SearchSpace space = SearchSpace.Empty.Float("x", -3, 3).LogFloat("rate", 1e-4, 1).Choice("kind", "a", "b")
    .When("kind", "b", then => then.Float("y", 0, 1));

const string server = "postgres:";
using IStudyStorage storage = database.StartsWith(server, StringComparison.Ordinal)
    ? StudyStorage.Postgres(Environment.GetEnvironmentVariable("MLNETLR_TEST_POSTGRES")!, database[server.Length..])
    : StudyStorage.Sqlite(database);
using Study study = Study.Open(space, new StudyOptions
{
    Storage = storage,
    Sampler = Samplers.Tpe(seed: 11),
    MaximumTrials = trials,
    MaximumAttempts = 1000,
    PollInterval = TimeSpan.FromMilliseconds(20),
});
Log("begin");
study.Optimize(trial =>
{
    double target = Math.Pow(trial.Configuration.Float("x") - 1, 2) + Math.Abs(Math.Log10(trial.Configuration.Float("rate")) + 2)
        + (trial.Configuration.Has("y") ? trial.Configuration.Float("y") : 0.3);
    for (int epoch = trial.ResumeFrom + 1; epoch <= epochs; epoch++)
    {
        Thread.Sleep(pause);
        trial.Report(epoch, target * (1 + 1.0 / epoch), rate: 0.1 / epoch);
        if (epoch % 2 == 0) trial.Save(epoch, $"epoch {epoch}");
    }
    trial.Complete(target);
    Log($"complete {trial.Number}");
    return target;
});
return 0;

void Log(string line) => File.AppendAllText(log, $"{Environment.ProcessId} {line}\n");

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
