using Microsoft.VisualStudio.TestTools.UnitTesting;
using MlNetLr.Benchmarks.Quality;

namespace Benchmarks.Tests.Quality;

/// <summary>Exit codes, and what a mistaken command line is told.</summary>
[TestClass]
[DoNotParallelize]
public sealed class QualityCommandTests
{
    private readonly string folder = Directory.CreateTempSubdirectory("quality").FullName;

    [TestCleanup]
    public void DeleteFolder() => Directory.Delete(folder, recursive: true);

    [TestMethod]
    [DataRow("--label y --task regression", "--data must be given")]
    [DataRow("--data t.csv --label y --task cluster", "--task must be regression, binary or multiclass but was 'cluster'.")]
    [DataRow("--data t.csv --label y --task 1", "--task must be regression, binary or multiclass but was '1'.")]
    [DataRow("--data t.csv --label z --task regression", "--label must be a column but was 'z'. There are: x, y;")]
    [DataRow("--data none.csv --label y --task regression", "none.csv' does not")]
    [DataRow("--data t.csv --label y --task binary", "two values for a binary task")]
    [DataRow("--data t.csv --label y --task regression --limit 0", "--limit must be a whole number from 1 to 1000000 but was '0'.")]
    [DataRow("--data t.csv --label y --task regression --first-seed 2147483647", "--first-seed must be")]
    [DataRow("--data t.csv --label y --task regression --split 1", "--split must be above 0 and below 1 but was '1'.")]
    [DataRow("--data t.csv --label y --task regression --colour red", "but was '--colour'")]
    [DataRow("--data t.csv --label y --task", "--task must have a value")]
    [DataRow("--data t.csv --label y --task regression --only Xgboost", "--only must name contestants but was 'Xgboost'. There are: TorchTabular,")]
    public void Run_Mistake_IsOneLineAndExitCode2(string line, string message)
    {
        (int code, string errors, _) = Run(line, rows: 6);
        code.Should().Be(2);
        errors.TrimEnd('\n').Should().Contain(message).And.NotContain("\n");
    }

    [TestMethod]
    public void Run_AllMeasured_IsExitCode0()
    {
        (int code, _, string table) = Run("--data t.csv --label y --task regression --seeds 1 --only FastForest", rows: 60);
        code.Should().Be(0);
        table.Should().Contain("48 rows to train on, 12 to test on, 1 features, 1 seed");
    }

    [TestMethod]
    public void Run_OneStopped_IsExitCode1()
    {
        (int code, _, string table) = Run("--data t.csv --label y --task regression --seeds 1 --only Sdca --limit 1", rows: 2);
        code.Should().Be(1);
        table.Should().Contain("| Sdca | stopped after 1 s | - | - | - |");
    }

    private (int Code, string Errors, string Output) Run(string line, int rows)
    {
        string path = Path.Combine(folder, "t.csv");
        File.WriteAllLines(path, ["x,y", .. Enumerable.Range(0, rows).Select(i => $"{i * 7 % rows}.5,{i * 7 % rows * 2 + 1}")]);
        (TextWriter output, TextWriter errors) = (Console.Out, Console.Error);
        using StringWriter said = new(), complained = new();
        Console.SetOut(said);
        Console.SetError(complained);
        try
        {
            int code = new QualityCommand().Run([.. line.Replace("t.csv", path).Split(' ')]);
            return (code, complained.ToString(), said.ToString());
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(errors);
        }
    }
}
