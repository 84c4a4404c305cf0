using Microsoft.ML.TrainerSearch;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Search.Tests.Pruning;

[TestClass]
public sealed class PrunerTests
{
    private static readonly SearchSpace space = SearchSpace.Empty.Float("x", 0, 1);

    [TestMethod]
    public void Median_WorseThanHalf_Stops()
    {
        using Study study = Study.Open(space, new() { Pruner = Pruners.Median(startupTrials: 4), MaximumTrials = 8 });
        double[] quality = [1, 2, 3, 4, 3.5, 0.5, 5, double.NaN];
        study.Optimize(trial => Curve(trial, quality[trial.Number]));
        study.View().Trials.Select(trial => trial.State == TrialState.Pruned).Should().Equal(false, false, false, false, true, false, true, true);
        study.View().Trials[4].Reports.Should().ContainSingle();
    }

    [TestMethod]
    public void Percentile75_StopsTheWorstQuarterOnly()
    {
        using Study study = Study.Open(space, new() { Pruner = Pruners.Percentile(75, startupTrials: 4), MaximumTrials = 6 });
        double[] quality = [1, 2, 3, 4, 3.2, 3.5];
        study.Optimize(trial => Curve(trial, quality[trial.Number]));
        study.View().Trials.Count(trial => trial.State == TrialState.Pruned).Should().Be(1);
    }

    [TestMethod]
    public void Median_OtherPool_IsNotCompared()
    {
        SearchSpace two = SearchSpace.Empty.Choice("schedule", "cosine", "linear").Start("schedule=cosine").Start("schedule=cosine").Start("schedule=linear");
        using Study study = Study.Open(two, new() { Pruner = Pruners.Median(startupTrials: 1), MaximumTrials = 3, Pool = c => c.Choice("schedule") });
        study.Optimize(trial => Curve(trial, trial.Number));
        study.View().Trials.Select(trial => trial.State).Should().Equal(TrialState.Complete, TrialState.Pruned, TrialState.Complete);
    }

    [TestMethod]
    public void Patience_NoImprovement_StopsAfterTheForgivenReports()
    {
        using Study study = Study.Open(space, new() { Pruner = Pruners.Patience(3), MaximumTrials = 1 });
        study.Optimize(trial =>
        {
            int step = 0;
            foreach (double value in new[] { 5, 4, 4.5, 3, 3.1, 3.2, 3.3, 1 })
                if (trial.Report(++step, value) != TrialSignal.Continue) return 0;
            return 0;
        });
        study.View().Trials[0].State.Should().Be(TrialState.Pruned);
        study.View().Trials[0].LastStep.Should().Be(7);
    }

    [TestMethod]
    public void Asha_Promotion_ResumesFromTheCheckpointAndTrainsNothingTwice()
    {
        var trained = new List<(int Trial, int Step)>();
        using Study study = Study.Open(space, new() { Pruner = Pruners.Asha(1, 9), Sampler = Samplers.Random(1), MaximumTrials = 27 });
        study.Optimize(trial =>
        {
            (trial.Checkpoint is null ? 0 : int.Parse(trial.Checkpoint)).Should().Be(trial.ResumeFrom);
            for (int step = trial.ResumeFrom + 1; step <= 9; step++)
            {
                trained.Add((trial.Number, step));
                if (trial.Report(step, trial.Configuration.Float("x")) == TrialSignal.Pause)
                {
                    trial.Pause($"{step}");
                    return 0;
                }
            }
            return trial.Configuration.Float("x");
        });
        trained.Should().OnlyHaveUniqueItems();
        IReadOnlyList<TrialRecord> trials = study.View().Trials;
        trials.Should().HaveCount(27);
        trials.Sum(trial => trial.Spent).Should().Be(trained.Count);
        trials.Count(trial => trial.LastStep >= 3).Should().BeGreaterThanOrEqualTo(9);
        TrialRecord best = study.View().Best!;
        best.Value.Should().Be(trials.Min(trial => trial.Configuration.Float("x")));
        trials.Where(trial => trial.State == TrialState.Complete).Should().OnlyContain(trial => trial.LastStep == 9).And.HaveCountGreaterThanOrEqualTo(3);
        trained.Count.Should().BeLessThan(27 * 9 / 2);
    }

    [TestMethod]
    public void Asha_ObjectiveWithoutCheckpoint_BeginsAgain()
    {
        using Study study = Study.Open(space, new() { Pruner = Pruners.Asha(1, 3), MaximumTrials = 3 });
        study.Optimize(trial =>
        {
            trial.ResumeFrom.Should().Be(0);
            return Curve(trial, trial.Number, 3);
        });
        study.View().Trials.Count(trial => trial.State == TrialState.Complete).Should().Be(1);
        study.View().Best!.Spent.Should().Be(4, "one step before the rung, three after");
    }

    [TestMethod]
    public void Asha_TooFewTrialsToPromoteOne_TheBestOneEndsAllTheSame()
    {
        using Study study = Study.Open(space, new() { Pruner = Pruners.Asha(1, 9), MaximumTrials = 2 });
        TrialRecord best = study.Optimize(trial =>
        {
            for (int step = trial.ResumeFrom + 1; step <= 9; step++)
                if (trial.Report(step, trial.Number == 1 ? 0.1 : 0.2) != TrialSignal.Continue)
                {
                    trial.Pause($"{step}");
                    return 0;
                }
            return 0.05;
        })!;
        best.Number.Should().Be(1);
        best.Reports.Should().HaveCount(9, "it went on from every rung");
        study.View().Trials[0].State.Should().Be(TrialState.Paused);
        study.Ask().Should().BeNull();
    }

    [TestMethod]
    public void Asha_NanAtARung_IsNeverPromoted()
    {
        using Study study = Study.Open(space, new() { Pruner = Pruners.Asha(1, 3, reduction: 2), MaximumTrials = 6 });
        study.Optimize(trial => Curve(trial, double.NaN, 3));
        study.View().Trials.Should().OnlyContain(trial => trial.State == TrialState.Paused);
    }

    [TestMethod]
    public void Asha_JudgedValue_DecidesInsteadOfThePlainOne()
    {
        using Study study = Study.Open(space, new() { Pruner = Pruners.Asha(1, 3), MaximumTrials = 3 });
        study.Optimize(trial =>
        {
            if (trial.ResumeFrom == 0 && trial.Number != 2) trial.Report(1, 10 + trial.Number, isJudged: true);
            if (trial.ResumeFrom == 0 && trial.Number == 2) trial.Report(1, 0.5, isJudged: true);
            for (int step = 1; step <= 3; step++)
                if (trial.Report(step, trial.Number) != TrialSignal.Continue) return 0;
            return 0;
        });
        study.View().Trials.Single(trial => trial.State == TrialState.Complete).Number.Should().Be(2);
    }

    [TestMethod]
    [DataRow(5, 50, 3, new[] { 5, 15 })]
    [DataRow(3, 27, 3, new[] { 3, 9 })]
    [DataRow(1, 16, 2, new[] { 1, 2, 4, 8 })]
    [DataRow(2, 3, 3, new[] { 2 })]
    public void Asha_Rungs_EndWhereTheRestIsAgainSoLong(int minimum, int maximum, int reduction, int[] expected)
    {
        Pruner pruner = Pruners.Asha(minimum, maximum, reduction);
        var rungs = new List<int>();
        while (pruner.NextPause(new TrialRecord(new TrialRow { Number = 0, State = TrialState.Paused, Configuration = "", Reached = rungs.LastOrDefault() }, new Configuration(space, new Dictionary<string, double>()))) is { } rung)
            rungs.Add(rung);
        rungs.Should().Equal(expected);
    }

    [TestMethod]
    public void Asha_SeveralPools_SharePlacesByRankAmongTheirOwn()
    {
        // Six of "a" with values from 10, three of "b" with values from 100: places for three, the best of "a" twice and the best of "b".
        (string Pool, double Value)[] all = [("a", 12), ("b", 101), ("a", 10), ("a", 13), ("b", 100), ("a", 11), ("a", 14), ("b", 102), ("a", 15)];
        Promoted(all, judged: false).Should().Equal(2, 4, 5);
        Promoted([.. all.Take(3).Select((trial, i) => ($"{i}", trial.Value))], judged: false).Should().ContainSingle("three pools of one trial have a place together");
    }

    [TestMethod]
    public void Asha_JudgedValues_CompareAcrossPools()
    {
        (string Pool, double Value)[] all = [("a", 12), ("b", 101), ("a", 10), ("a", 13), ("b", 100), ("a", 11), ("a", 14), ("b", 102), ("a", 15)];
        Promoted(all, judged: true).Should().Equal(0, 2, 5);
    }

    private static IEnumerable<int> Promoted((string Pool, double Value)[] all, bool judged)
    {
        Pruner pruner = Pruners.Asha(1, 3);
        List<TrialRecord> trials = [.. all.Select((trial, n) => new TrialRecord(
            new TrialRow { Number = n, State = TrialState.Paused, Configuration = "", Pool = trial.Pool, Reached = 1, Reports = [new(1, trial.Value, null, judged)] }, new Configuration(space, new Dictionary<string, double>())))];
        var promoted = new List<int>();
        while (pruner.Promote(new StudyView(space, false, trials)) is { } next)
        {
            promoted.Add(next.Number);
            trials[next.Number] = new TrialRecord(next.Row with { State = TrialState.Running }, next.Configuration);
        }
        return promoted.Order();
    }

    [TestMethod]
    public void Hyperband_Trials_SpreadOverLaddersByShare()
    {
        var pruner = (LadderPruner)Pruners.Hyperband(1, 27);
        int[] counts = new int[4];
        for (int n = 0; n < 4000; n++) counts[pruner.LadderOf(n)]++;
        counts.Should().BeInDescendingOrder();
        counts[0].Should().BeInRange(1700, 2400, "27 of 27 + 12 + 6 + 4");
        Enumerable.Range(0, 50).Select(pruner.LadderOf).Should().Equal(Enumerable.Range(0, 50).Select(((LadderPruner)Pruners.Hyperband(1, 27)).LadderOf));
    }

    [TestMethod]
    public void Hyperband_Search_RunsSomeTrialsWithoutARung()
    {
        using Study study = Study.Open(space, new() { Pruner = Pruners.Hyperband(1, 9), Sampler = Samplers.Random(2), MaximumTrials = 40 });
        study.Optimize(trial => Curve(trial, trial.Configuration.Float("x"), 9));
        IReadOnlyList<TrialRecord> trials = study.View().Trials;
        trials.Should().Contain(trial => trial.State == TrialState.Paused && trial.LastStep == 1);
        trials.Count(trial => trial.State == TrialState.Complete).Should().BeGreaterThan(3);
    }

    [TestMethod]
    public void Pruners_ArgumentsOutOfRange_Throw()
    {
        FluentActions.Invoking(() => Pruners.Percentile(double.NaN)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*percent must be between 0 and 100 but was NaN*");
        FluentActions.Invoking(() => Pruners.Median(0)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => Pruners.Patience(0)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => Pruners.Asha(0, 9)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => Pruners.Asha(9, 9)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => Pruners.Hyperband(1, 9, 1)).Should().Throw<ArgumentOutOfRangeException>();
    }

    private static double Curve(Trial trial, double quality, int steps = 4)
    {
        for (int step = trial.ResumeFrom + 1; step <= steps; step++)
            if (trial.Report(step, quality) != TrialSignal.Continue) return 0;
        return quality;
    }
}
