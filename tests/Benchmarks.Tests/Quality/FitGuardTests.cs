using Microsoft.ML;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using MlNetLr.Benchmarks.Quality;

namespace Benchmarks.Tests.Quality;

[TestClass]
public sealed class FitGuardTests
{
    private static readonly TimeSpan moment = TimeSpan.FromMilliseconds(50), minute = TimeSpan.FromMinutes(1);

    [TestMethod]
    public void Run_Result_IsGiven() => new FitGuard(minute, minute).Run(() => 5, () => { }).Should().Be(new Guarded<int>(5, null));

    [TestMethod]
    public void Run_Exception_IsAFailureInOneLine() =>
        new FitGuard(minute, minute).Run<int>(() => throw new AggregateException("outer", new InvalidOperationException("first\n  second")), () => { }).Failure.Should().Be("failed: first second");

    [TestMethod]
    public void Run_TooLong_IsStopped()
    {
        using var asked = new ManualResetEventSlim();
        Guarded<int> outcome = new FitGuard(moment, minute).Run(() => { asked.Wait(CancellationToken.None); return 1; }, asked.Set);
        outcome.Failure.Should().Be("stopped after 0.05 s");
        outcome.Should().Match<Guarded<int>>(own => own.WasStopped && !own.RunsOn);
    }

    [TestMethod]
    public void Run_DoesNotStop_IsLeftBehind()
    {
        using var never = new ManualResetEventSlim();
        bool isBackground = false;
        Guarded<int> outcome = new FitGuard(moment, moment).Run(() => { isBackground = Thread.CurrentThread.IsBackground; never.Wait(CancellationToken.None); return 1; }, () => { });
        outcome.RunsOn.Should().BeTrue();
        isBackground.Should().BeTrue();
        never.Set();
    }

    /// <summary>ML.NET's own loop on one training row, which has no end.</summary>
    [TestMethod]
    public void Run_SdcaOnOneRow_IsStoppedByItsContext()
    {
        var ml = new MLContext(seed: 1);
        TableFile one = MadeUp.Table("x y\n2 3");
        var encoder = new TableEncoder(one, 1, TableTask.Regression);
        QualityContestant sdca = QualityContestant.All.Single(contestant => contestant.Name == "Sdca");
        Guarded<ITransformer> outcome = new FitGuard(TimeSpan.FromSeconds(1), minute).Run(() => sdca.Make(ml, TableTask.Regression, 1).Fit(encoder.Encode(ml, one)), ml.CancelExecution);
        outcome.Should().Match<Guarded<ITransformer>>(own => own.WasStopped && !own.RunsOn);
    }
}
