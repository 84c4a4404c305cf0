using Microsoft.ML;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using MlNetLr.Benchmarks.Quality;

namespace Benchmarks.Tests.Quality;

[TestClass]
public sealed class QualityRunTests
{
    private readonly string folder = Directory.CreateTempSubdirectory("quality").FullName;

    [TestCleanup]
    public void DeleteFolder() => Directory.Delete(folder, recursive: true);

    [TestMethod]
    public void Run_ContestantsThatThrowOrHang_LeaveTheOthersTheirRows()
    {
        using var never = new ManualResetEventSlim();
        int tries = 0;
        QualityTable table = Run(TimeSpan.FromSeconds(3), seeds: 2,
            new QualityContestant("throws", (_, _, _) => throw new DllNotFoundException("no such library")),
            new QualityContestant("hangs", (_, _, _) => { Interlocked.Increment(ref tries); never.Wait(TimeSpan.FromSeconds(5), CancellationToken.None); throw new OperationCanceledException(); }),
            Named("FastForest"));
        table.Results.Select(result => (result.Contestant, result.Run, result.Failure)).Should().Equal(
            ("throws", 1, "failed: no such library"), ("hangs", 1, "stopped after 3 s"), ("FastForest", 1, null),
            ("throws", 2, "failed: no such library"), ("hangs", 2, "stopped after 3 s"), ("FastForest", 2, null));
        tries.Should().Be(1, "what was stopped is not tried again");
    }

    [TestMethod]
    public void Run_Contestants_GetTheSameRows()
    {
        var seen = new List<string>();
        QualityContestant Spy(string name) => new(name, (ml, task, seed) => new Watched(Named("FastForest").Make(ml, task, seed), data => seen.Add(string.Join(';',
            ml.Data.CreateEnumerable<TableEncoder.Row>(data, reuseRowObject: false).Select(row => $"{row.Value} {string.Join(' ', row.Features)}")))));
        Run(TimeSpan.FromMinutes(1), seeds: 2, Spy("one"), Spy("other"));
        seen.Should().HaveCount(4);
        seen.Distinct().Should().ContainSingle();
    }

    private QualityTable Run(TimeSpan limit, int seeds, params QualityContestant[] contestants)
    {
        string path = Path.Combine(folder, "t.csv");
        File.WriteAllLines(path, ["x,c,y", .. Enumerable.Range(0, 50).Select(i => $"{i * 37 % 50},{(i % 3 == 0 ? "red" : "blue")},{i * 37 % 50 + i % 3}")]);
        return new QualityRun(new QualityData("t", path, "y", TableTask.Regression), 1, seeds, contestants, limit).Run();
    }

    private static QualityContestant Named(string name) => QualityContestant.All.Single(contestant => contestant.Name == name);

    private sealed class Watched(IEstimator<ITransformer> inner, Action<IDataView> seen) : IEstimator<ITransformer>
    {
        public ITransformer Fit(IDataView input)
        {
            seen(input);
            return inner.Fit(input);
        }

        public SchemaShape GetOutputSchema(SchemaShape inputSchema) => inner.GetOutputSchema(inputSchema);
    }
}
