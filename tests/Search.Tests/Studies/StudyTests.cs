using Microsoft.ML.TrainerSearch;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Search.Tests.Studies;

[TestClass]
public sealed class StudyTests
{
    private static readonly SearchSpace space = SearchSpace.Empty.Float("x", 0, 1).Choice("c", "a", "b").Start("x=0.25; c=b").Start("x=0.5");

    [TestMethod]
    public void Ask_FirstTrials_AreTheStarts()
    {
        using Study study = Study.Open(space);
        Trial first = study.Ask()!, second = study.Ask()!;
        first.Configuration.ToString().Should().Be("x=0.25; c=b");
        second.Configuration.Float("x").Should().Be(0.5);
        study.View().Trials.Select(trial => trial.Origin).Should().Equal("start", "start");
    }

    [TestMethod]
    public void Optimize_Budget_IsKeptAndTheBestIsFound()
    {
        using Study study = Study.Open(space, new() { MaximumTrials = 30, Sampler = Samplers.Random(1) });
        TrialRecord best = study.Optimize(trial => Math.Pow(trial.Configuration.Float("x") - 0.7, 2))!;
        study.View().Trials.Should().HaveCount(30).And.OnlyContain(trial => trial.State == TrialState.Complete);
        best.Value.Should().Be(study.View().Trials.Min(trial => trial.Value));
    }

    [TestMethod]
    public void Optimize_Maximize_TakesTheGreatest()
    {
        using Study study = Study.Open(space, new() { MaximumTrials = 10, Maximize = true });
        study.Optimize(trial => trial.Number)!.Number.Should().Be(9);
    }

    [TestMethod]
    public void Optimize_NanAndInfinity_AreNeverBest()
    {
        foreach (bool maximize in new[] { false, true })
        {
            using Study study = Study.Open(space, new() { MaximumTrials = 4, Maximize = maximize });
            double[] values = [double.NaN, 3, maximize ? double.NegativeInfinity : double.PositiveInfinity, double.NaN];
            study.Optimize(trial => values[trial.Number])!.Number.Should().Be(1);
        }
    }

    [TestMethod]
    public void Optimize_FailedTrials_AreRecordedAndTheStudyGoesOn()
    {
        using Study study = Study.Open(space, new() { MaximumTrials = 12, MaximumFailuresInARow = 3 });
        study.Optimize(trial => trial.Number % 3 < 2 ? throw new InvalidDataException($"no {trial.Number}") : 1.0);
        study.View().Trials.Count(trial => trial.State == TrialState.Failed).Should().Be(8);
        study.View().Trials[1].Error.Should().Be("InvalidDataException: no 1");
    }

    [TestMethod]
    public void Optimize_FailuresInARow_EndTheStudyWithTheLastError()
    {
        using Study study = Study.Open(space, new() { MaximumTrials = 50, MaximumFailuresInARow = 3 });
        FluentActions.Invoking(() => study.Optimize(_ => throw new InvalidDataException("bad column")))
            .Should().Throw<StudyFailedException>().WithMessage("*3 trials in a row*bad column*").WithInnerException<InvalidDataException>();
        study.View().Trials.Should().HaveCount(3);
    }

    [TestMethod]
    public void Optimize_Cancelled_ReturnsTheBestSoFarAndTheTrialToTheQueue()
    {
        using var source = new CancellationTokenSource();
        using Study study = Study.Open(space, new() { MaximumTrials = 50 });
        TrialRecord? best = study.Optimize(trial =>
        {
            if (trial.Number == 3) source.Cancel();
            source.Token.ThrowIfCancellationRequested();
            return trial.Number;
        }, cancellation: source.Token);
        best!.Number.Should().Be(0);
        study.View().Trials[3].State.Should().Be(TrialState.Waiting);
        study.Ask()!.Number.Should().Be(3);
    }

    [TestMethod]
    public void Optimize_StepBudget_StartsNoTrialBeyondIt()
    {
        using Study study = Study.Open(space, new() { MaximumSteps = 25 });
        study.Optimize(trial =>
        {
            for (int step = 1; step <= 10; step++) trial.Report(step, 1);
            return 1;
        });
        study.View().Trials.Should().HaveCount(3);
        study.View().Trials.Sum(trial => trial.Spent).Should().Be(30);
    }

    [TestMethod]
    public void Enqueue_Configuration_IsTriedNext()
    {
        using Study study = Study.Open(SearchSpace.Empty.Float("x", 0, 1));
        study.Enqueue(Configuration.Parse("x=0.125", SearchSpace.Empty.Float("x", 0, 1)));
        study.Ask()!.Configuration.Float("x").Should().Be(0.125);
    }

    [TestMethod]
    public void Open_StoredStudyOfAnotherSpace_NamesTheDifference()
    {
        using IStudyStorage storage = StudyStorage.InMemory();
        using (Study.Open(space, new() { Storage = storage })) { }
        FluentActions.Invoking(() => Study.Open(SearchSpace.Empty.Float("x", 0, 2), new() { Storage = storage }))
            .Should().Throw<InvalidOperationException>().WithMessage("*'x: float[0, 1]'*'x: float[0, 2]'*");
    }

    [TestMethod]
    public void Heartbeat_Missing_GivesTheTrialToAnotherWorkerFromItsCheckpoint()
    {
        var clock = new ManualClock();
        using IStudyStorage storage = StudyStorage.InMemory();
        StudyOptions options = new() { Storage = storage, Clock = clock, StaleAfter = TimeSpan.FromSeconds(60) };
        using Study dead = Study.Open(space, options), alive = Study.Open(space, options);
        Trial lost = dead.Ask()!;
        lost.Report(1, 0.9);
        lost.Save(1, "after-1");
        lost.Report(2, 0.8);

        clock.Advance(TimeSpan.FromSeconds(59));
        alive.Ask()!.Number.Should().Be(1);
        clock.Advance(TimeSpan.FromSeconds(2));
        Trial taken = alive.Ask()!;
        (taken.Number, taken.ResumeFrom, taken.Checkpoint).Should().Be((0, 1, "after-1"));
        alive.View().Trials[0].Reports.Should().ContainSingle("the report after the checkpoint is made again");
        FluentActions.Invoking(() => lost.Report(3, 0.7)).Should().Throw<TrialLostException>();
        taken.Report(2, 0.8);
        taken.Complete(0.5);
        FluentActions.Invoking(() => lost.Complete(0.4)).Should().Throw<TrialLostException>();
        alive.View().Trials[0].Value.Should().Be(0.5);
    }

    [TestMethod]
    public void Ask_TrialThatKillsItsWorkers_FailsAtLast()
    {
        using Study study = Study.Open(space, new() { MaximumAttempts = 3 });
        for (int i = 0; i < 3; i++)
        {
            Trial trial = study.Ask()!;
            trial.Number.Should().Be(0);
            trial.Release();
        }
        study.Ask()!.Number.Should().Be(1);
        study.View().Trials[0].State.Should().Be(TrialState.Failed);
    }

    [TestMethod]
    public void Optimize_SeveralThreads_ShareTheTrials()
    {
        using Study study = Study.Open(space, new() { MaximumTrials = 60, PollInterval = TimeSpan.FromMilliseconds(5) });
        int run = 0;
        Task[] workers = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() => study.Optimize(trial =>
        {
            Interlocked.Increment(ref run);
            return trial.Configuration.Float("x");
        })))];
        Task.WaitAll(workers);
        run.Should().Be(60);
        study.View().Trials.Select(trial => trial.Number).Should().Equal(Enumerable.Range(0, 60));
    }

    [TestMethod]
    public void Options_OutOfRange_Throw()
    {
        Action<StudyOptions>[] mistakes =
        [
            o => o.MaximumTrials = 0, o => o.MaximumSteps = -1, o => o.MaximumTime = TimeSpan.Zero, o => o.MaximumFailuresInARow = 0,
            o => o.MaximumAttempts = 0, o => o.HeartbeatInterval = TimeSpan.Zero, o => o.StaleAfter = TimeSpan.FromSeconds(1), o => o.PollInterval = TimeSpan.Zero,
        ];
        foreach (Action<StudyOptions> mistake in mistakes)
        {
            var options = new StudyOptions();
            mistake(options);
            FluentActions.Invoking(() => Study.Open(space, options)).Should().Throw<ArgumentOutOfRangeException>();
        }
    }

    private sealed class ManualClock : TimeProvider
    {
        private DateTimeOffset now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public void Advance(TimeSpan time) => now += time;

        public override DateTimeOffset GetUtcNow() => now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new NoTimer();

        private sealed class NoTimer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
