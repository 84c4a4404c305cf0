using CsCheck;
using Faults.Support;
using Microsoft.ML;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Faults.Resume;

/// <summary>The steps that a run takes are those that its plan says, whatever rows, batches and epochs come to.</summary>
[TestClass]
public sealed class PlannedStepsTests
{
    private static readonly Gen<(int Rows, int Batch, int Accumulation, LastBatch Last, double Epochs)> cases = Gen.Select(
        Gen.Int[1, 30], Gen.Int[1, 12], Gen.Int[1, 4], Gen.Bool.Select(drop => drop ? LastBatch.Drop : LastBatch.Keep), Gen.OneOf(Gen.Int[1, 4].Select(n => (double)n), Gen.Double[0.01, 4]));

    [TestMethod]
    public void Fit_AnyPlan_TakesThePlannedSteps() => cases.Sample(Check, iter: 200, threads: 1);

    [TestMethod]
    [TestCategory("Slow")]
    public void Fit_TenThousandPlans_TakeThePlannedSteps() => cases.Sample(Check, iter: 10_000, threads: 1);

    private static void Check((int Rows, int Batch, int Accumulation, LastBatch Last, double Epochs) run)
    {
        var plan = new TrainingPlan(run.Rows, Math.Min(run.Batch, run.Rows), run.Epochs, run.Accumulation, run.Last);
        long reported = 0, promised = 0;
        var context = new MLContext(seed: 1);
        var options = new TorchLinearOptions
        {
            BatchSize = run.Batch,
            GradientAccumulation = run.Accumulation,
            LastBatch = run.Last,
            NumberOfEpochs = run.Epochs,
            NumberOfThreads = 1,
            StopWhen = progress =>
            {
                (reported, promised) = (progress.Step, progress.TotalSteps);
                return false;
            },
        };
        var history = context.Regression.Trainers.TorchLinear(options).Fit(MadeUp.View(context, run.Rows)).Model.History!;
        history.Samples.Select(sample => sample.Step).Should().Equal(Enumerable.Range(0, (int)plan.TotalSteps).Select(step => (long)step), "each step is taken once, and these runs are short enough to be recorded whole");
        (reported, promised, history.Epochs[^1].Steps).Should().Be((plan.TotalSteps, plan.TotalSteps, plan.TotalSteps));
        history.Epochs.Length.Should().Be((int)((plan.TotalSteps - 1) / plan.StepsPerEpoch) + 1);
    }
}
