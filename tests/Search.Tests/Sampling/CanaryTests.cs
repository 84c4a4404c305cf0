using Microsoft.ML.TrainerSearch;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using MlNetLr.Benchmarks.Search;

namespace Search.Tests.Sampling;

/// <summary>The guards of this suite can fail: each is shown something broken that it must find.</summary>
[TestClass]
public sealed class CanaryTests
{
    private static readonly SyntheticProblem branin = SyntheticProblem.All.Single(problem => problem.Name == "branin");

    /// <summary>The judgement of the benchmark on 30 seeds: worse than Optuna's TPE with a probability below 5 %.</summary>
    [TestMethod]
    [DataRow("random")]
    [DataRow("one point")]
    [DataRow("greatest first")]
    public void Judgement_BrokenSampler_IsWorseThanTheReference(string name)
    {
        Func<long, Sampler> make = name switch
        {
            "random" => Samplers.Random,
            "one point" => seed => new OnePoint(seed),
            _ => seed => new Backwards(Samplers.Tpe(seed)),
        };
        double[] reference = OptunaBaseline.Regrets("branin", "tpe", 100)!;
        (double p, bool less) = MannWhitney.Test([.. Enumerable.Range(0, 30).Select(seed => Best(make(seed)))], reference);
        less.Should().BeFalse();
        p.Should().BeLessThan(0.05);
    }

    [TestMethod]
    public void Judgement_TheSameSample_FindsNoDifference()
    {
        double[] reference = OptunaBaseline.Regrets("branin", "tpe", 100)!;
        MannWhitney.Test(reference, reference).P.Should().BeGreaterThan(0.9);
        MannWhitney.Test([.. reference.Select(value => value / 10)], reference).Should().Match<(double P, bool FirstIsLess)>(found => found.FirstIsLess && found.P < 0.05);
    }

    /// <summary>The comparison behind the tests of resuming and of killed workers.</summary>
    [TestMethod]
    [DataRow("report lost")]
    [DataRow("value rounded")]
    [DataRow("trial twice")]
    public void Table_BrokenStorage_DiffersFromTheUndisturbedOne(string fault)
    {
        using IStudyStorage sound = StudyStorage.InMemory(), broken = new Faulty(StudyStorage.InMemory(), fault);
        foreach (IStudyStorage storage in new[] { sound, broken })
        {
            using Study study = Study.Open(branin.Space, new() { Storage = storage, Sampler = Samplers.Tpe(3), MaximumTrials = 12 });
            study.Optimize(trial =>
            {
                double regret = branin.Regret(trial.Configuration);
                trial.Report(1, 2 * regret);
                trial.Report(2, regret);
                return regret;
            });
        }
        Storage.StorageTests.Table(broken).Should().NotEqual(Storage.StorageTests.Table(sound));
    }

    private static double Best(Sampler sampler)
    {
        var trials = new List<TrialRecord>();
        for (int n = 0; n < 100; n++)
        {
            Configuration configuration = sampler.Propose(new StudyView(branin.Space, false, trials), n, null)!.Configuration;
            trials.Add(new TrialRecord(new TrialRow { Number = n, State = TrialState.Complete, Configuration = configuration.ToString(), Value = branin.Regret(configuration) }, configuration));
        }
        return trials.Min(trial => trial.Value!.Value);
    }

    /// <summary>Forgets that trials differ.</summary>
    private sealed class OnePoint(long seed) : Sampler
    {
        public override Proposal? Propose(StudyView study, int number, Configuration? given) => Samplers.Random(seed).Propose(study, 0, given);
    }

    /// <summary>Takes the worst for the best: a sign that is lost on the way.</summary>
    private sealed class Backwards(Sampler inner) : Sampler
    {
        public override Proposal? Propose(StudyView study, int number, Configuration? given) => inner.Propose(new StudyView(study.Space, true, study.Trials), number, given);
    }

    private sealed class Faulty(IStudyStorage inner, string fault) : IStudyStorage
    {
        public T Change<T>(Func<IStudyChange, T> body) => inner.Change(change => body(new FaultyChange(change, fault)));

        public void Dispose() => inner.Dispose();

        private sealed class FaultyChange(IStudyChange inner, string fault) : IStudyChange
        {
            public string? Definition { get => inner.Definition; set => inner.Definition = value; }

            public long Revision => inner.Revision;

            public IReadOnlyList<TrialRow> ChangedSince(long revision) => inner.ChangedSince(revision);

            public void Save(TrialRow trial)
            {
                if (fault == "value rounded" && trial.Value is { } value) trial = trial with { Value = Math.Round(value, 12) };
                if (fault == "trial twice" && trial is { Number: 5, State: TrialState.Complete }) inner.Save(trial with { Number = 4 });
                inner.Save(trial);
            }

            public void Save(int number, TrialReport report)
            {
                if (fault != "report lost" || number != 7 || report.Step != 2) inner.Save(number, report);
            }

            public void ForgetReports(int number, int step) => inner.ForgetReports(number, step);
        }
    }
}
