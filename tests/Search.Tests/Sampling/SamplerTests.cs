using Microsoft.ML.TrainerSearch;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using MlNetLr.Benchmarks.Search;
using Search.Tests.Space;

namespace Search.Tests.Sampling;

[TestClass]
public sealed class SamplerTests
{
    private static readonly StudyView nothing = new(SearchSpaceTests.Mixed, false, []);

    [TestMethod]
    public void Random_TrialN_DependsOnSeedAndNumberOnly()
    {
        StudyView later = new(SearchSpaceTests.Mixed, false, [Done(0, Samplers.Random(9).Propose(nothing, 0, null)!.Configuration, 1)]);
        foreach (Sampler sampler in new[] { Samplers.Random(5), Samplers.QuasiRandom(5) })
        {
            Configuration[] first = [.. Enumerable.Range(0, 20).Select(n => sampler.Propose(nothing, n, null)!.Configuration)];
            Configuration[] backwards = [.. Enumerable.Range(0, 20).Reverse().Select(n => sampler.Propose(later, n, null)!.Configuration).Reverse()];
            backwards.Should().Equal(first);
            first.Distinct().Should().HaveCount(20);
        }
        Samplers.Random(6).Propose(nothing, 0, null)!.Configuration.Should().NotEqual(Samplers.Random(5).Propose(nothing, 0, null)!.Configuration);
    }

    [TestMethod]
    public void QuasiRandom_PrimeNumberOfTrials_PutsOnePointInEachInterval()
    {
        foreach (int dimension in new[] { 0, 1, 2, 5 })
        {
            int count = new[] { 64, 81, 125, 0, 0, 169 }[dimension];
            var sampler = new QuasiRandomSampler(7);
            Enumerable.Range(0, count).Select(n => (int)(sampler.Coordinate(n, dimension) * count)).Distinct().Should().HaveCount(count, $"dimension {dimension} is a net");
        }
    }

    [TestMethod]
    public void Grid_ConditionalSpace_GivesEveryCombinationOnceAndThenNothing()
    {
        SearchSpace space = SearchSpace.Empty
            .Choice("kind", "a", "b")
            .When("kind", "b", then => then.Int("n", 1, 3))
            .Float("x", 0, 1);
        Sampler grid = Samplers.Grid(points: 3);
        StudyView view = new(space, false, []);
        string[] all = [.. Enumerable.Range(0, 12).Select(n => grid.Propose(view, n, null)!.Configuration.ToString())];
        all.Distinct().Should().HaveCount(12);
        all[..3].Should().Equal("kind=a; x=0", "kind=a; x=0.5", "kind=a; x=1");
        all[^1].Should().Be("kind=b; n=3; x=1");
        grid.Propose(view, 12, null).Should().BeNull();
    }

    [TestMethod]
    public void Tpe_SameTrials_ProposesTheSame()
    {
        List<TrialRecord> trials = Run(Samplers.Tpe(3), SyntheticProblem.All.Single(p => p.Name == "mixed"), 30);
        List<TrialRecord> again = Run(Samplers.Tpe(3), SyntheticProblem.All.Single(p => p.Name == "mixed"), 30);
        again.Select(trial => trial.Configuration.ToString()).Should().Equal(trials.Select(trial => trial.Configuration.ToString()));
    }

    [TestMethod]
    public void Tpe_RunningTrials_AreKeptAwayFrom()
    {
        SearchSpace space = SearchSpace.Empty.Float("x", 0, 1);
        List<TrialRecord> trials = [.. Enumerable.Range(0, 20).Select(n => Done(n, At(space, n / 19.0), Math.Abs(n / 19.0 - 0.3)))];
        var proposed = new List<double>();
        for (int n = 20; n < 26; n++)
        {
            Configuration next = Samplers.Tpe(1).Propose(new StudyView(space, false, trials), n, null)!.Configuration;
            proposed.Add(next.Float("x"));
            trials.Add(new TrialRecord(new TrialRow { Number = n, State = TrialState.Running, Configuration = next.ToString() }, next));
        }
        double[] sorted = [.. proposed.Order()];
        sorted.Zip(sorted.Skip(1), (a, b) => b - a).Min().Should().BeGreaterThan(1e-4);
    }

    [TestMethod]
    public void Tpe_NanTrials_CountAsWorst()
    {
        SearchSpace space = SearchSpace.Empty.Float("x", 0, 1);
        List<TrialRecord> trials = [.. Enumerable.Range(0, 40).Select(n => n % 2 == 0
            ? Done(n, At(space, 0.9 + 0.002 * n / 2), double.NaN)
            : Done(n, At(space, 0.2 + 0.002 * n / 2), 5 + Math.Abs(n - 20)))];
        Enumerable.Range(40, 20).Select(n => Samplers.Tpe(2).Propose(new StudyView(space, false, trials), n, null)!.Configuration.Float("x"))
            .Count(x => x is > 0.88 and < 0.96).Should().Be(0);
    }

    [TestMethod]
    public void Tpe_DivergedTrials_AreWorseThanPausedOnes()
    {
        SearchSpace space = SearchSpace.Empty.Float("x", 0, 1);
        List<TrialRecord> trials = [.. Enumerable.Range(0, 40).Select(n => n % 2 == 0
            ? Done(n, At(space, 0.9 + 0.001 * n), double.NaN)
            : new TrialRecord(new TrialRow { Number = n, State = TrialState.Paused, Configuration = "", Reports = [new(3, 5)] }, At(space, 0.2 + 0.001 * n)))];
        Enumerable.Range(40, 20).Select(n => Samplers.Tpe(2).Propose(new StudyView(space, false, trials), n, null)!.Configuration.Float("x"))
            .Count(x => x > 0.85).Should().BeLessThan(4);
    }

    [TestMethod]
    public void Mixture_Density_IntegratesToOne()
    {
        SearchSpace space = SearchSpace.Empty.Float("x", 0, 1).Int("n", 1, 5).Choice("c", "a", "b", "d").When("c", "a", then => then.LogFloat("y", 1, 100));
        Configuration[] points = [Configuration.Parse("x=0.1; n=2; c=a; y=10", space), Configuration.Parse("x=0.9; n=5; c=b", space)];
        var mixture = new ParzenMixture(space, points, [1, 2, 0.5], 0.2, 0.01);
        var random = new CounterRandom(1, 1);
        double sum = 0;
        const int draws = 40_000;
        for (int i = 0; i < draws; i++)
        {
            long seed = (long)random.NextBits();
            sum += Math.Exp(mixture.LogDensity(Samplers.Random(seed).Propose(new StudyView(space, false, []), 0, null)!.Configuration));
        }
        (sum / draws).Should().BeApproximately(1, 0.05, "the density is relative to the uniform one");
    }

    [TestMethod]
    public void CmaEs_ConditionalOrChoice_IsRefusedWithAdvice() =>
        FluentActions.Invoking(() => Samplers.CmaEs().Propose(nothing, 0, null)).Should().Throw<NotSupportedException>().WithMessage("*numbers only*Tpe*");

    [TestMethod]
    public void CmaEs_WholeNumbers_KeepsMoving()
    {
        SearchSpace space = SearchSpace.Empty.Int("n", 0, 20).Float("x", -5, 5);
        var problem = new SyntheticProblem("int", space, c => Math.Pow(c.Int("n") - 17, 2) + Math.Pow(c.Float("x") - 2, 2));
        List<TrialRecord> trials = Run(Samplers.CmaEs(1), problem, 150);
        trials.Min(trial => trial.Value).Should().BeLessThan(0.01);
        trials.Skip(100).Select(trial => trial.Configuration.Int("n")).Distinct().Count().Should().BeGreaterThan(1);
    }

    [TestMethod]
    [DataRow("branin", 50, 0.2)]
    [DataRow("hartmann6", 100, 0.3)]
    [DataRow("rosenbrock5-shifted", 100, 8)]
    [DataRow("mixed", 100, 0.035)]
    public void Tpe_SyntheticProblem_FindsGoodValues(string name, int trials, double medianRegret) =>
        Median(seed => Run(Samplers.Tpe(seed), SyntheticProblem.All.Single(p => p.Name == name), trials)).Should().BeLessThan(medianRegret);

    [TestMethod]
    [DataRow("branin", 100, 0.02)]
    [DataRow("ackley5-shifted", 200, 3.5)]
    public void CmaEs_SyntheticProblem_FindsGoodValues(string name, int trials, double medianRegret) =>
        Median(seed => Run(Samplers.CmaEs(seed), SyntheticProblem.All.Single(p => p.Name == name), trials)).Should().BeLessThan(medianRegret);

    private static double Median(Func<long, List<TrialRecord>> run) =>
        Enumerable.Range(100, 9).Select(seed => run(seed).Min(trial => trial.Value!.Value)).Order().ElementAt(4);

    private static List<TrialRecord> Run(Sampler sampler, SyntheticProblem problem, int count)
    {
        var trials = new List<TrialRecord>();
        for (int n = 0; n < count; n++)
        {
            Proposal proposal = sampler.Propose(new StudyView(problem.Space, false, trials), n, null)!;
            trials.Add(Done(n, proposal.Configuration, problem.Regret(proposal.Configuration), proposal.Origin));
        }
        return trials;
    }

    private static Configuration At(SearchSpace space, double x) => new(space, new Dictionary<string, double> { ["x"] = x });

    private static TrialRecord Done(int number, Configuration configuration, double value, string origin = "") =>
        new(new TrialRow { Number = number, State = TrialState.Complete, Configuration = configuration.ToString(), Value = value, Origin = origin }, configuration);
}
