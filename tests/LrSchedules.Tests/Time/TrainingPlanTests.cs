using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.LrSchedules.Tests.Time;

[TestClass]
public class TrainingPlanTests
{
    [TestMethod]
    [DataRow(100L, 10, 3.0, 1, LastBatch.Keep, 10L, 30L)]
    [DataRow(101L, 10, 3.0, 1, LastBatch.Keep, 11L, 33L)]
    [DataRow(101L, 10, 3.0, 1, LastBatch.Drop, 10L, 30L)]
    [DataRow(101L, 10, 3.0, 4, LastBatch.Keep, 3L, 9L)]
    [DataRow(101L, 10, 2.5, 4, LastBatch.Keep, 3L, 8L)]
    [DataRow(30L, 1, 0.1, 1, LastBatch.Keep, 30L, 3L)]
    [DataRow(1L, 1000, 1.0, 8, LastBatch.Keep, 1L, 1L)]
    public void TotalSteps_RowsBatchEpochs_FollowsTheFormula(long rows, int batch, double epochs, int accumulation, LastBatch last, long perEpoch, long total)
    {
        var plan = new TrainingPlan(rows, batch, epochs, accumulation, last);
        plan.StepsPerEpoch.Should().Be(perEpoch);
        plan.TotalSteps.Should().Be(total);
    }

    [TestMethod]
    public void StepsIn_EveryUnit_IsTheSameLength()
    {
        var plan = new TrainingPlan(1001, 10, 8, gradientAccumulation: 4, tokensPerSample: 50);
        double expected = 2 * plan.StepsPerEpoch;
        plan.StepsIn(2.Epochs()).Should().Be(expected);
        plan.StepsIn(0.25.OfRun()).Should().Be(expected);
        plan.StepsIn(2002.Samples()).Should().Be(expected);
        plan.StepsIn((2002 * 50).Tokens()).Should().Be(expected);
        plan.StepsIn(expected.Steps()).Should().Be(expected);
    }

    [TestMethod]
    public void StepsIn_SamplesInAPlanOfSteps_SaysWhatToDo() =>
        TrainingPlan.OfSteps(10, 2).Invoking(plan => plan.StepsIn(10.Samples())).Should().Throw<InvalidOperationException>()
            .WithMessage("The plan must know the rows and the batch size to resolve 10sa. Make it with new TrainingPlan(rows, batchSize, epochs).");

    [TestMethod]
    public void Constructor_DropLastWithTooFewRows_Throws() =>
        FluentActions.Invoking(() => new TrainingPlan(7, 8, 1, lastBatch: LastBatch.Drop)).Should().Throw<ArgumentOutOfRangeException>()
            .WithMessage("batchSize must be at most the 7 rows when the last batch is dropped but was 8. Use a smaller batch or LastBatch.Keep.*");

    [TestMethod]
    public void StepsIn_DropLast_CountsTheSamplesThatAreTrained()
    {
        var plan = new TrainingPlan(1005, 10, 3, lastBatch: LastBatch.Drop);
        plan.StepsIn(1000.Samples()).Should().Be(100);
        plan.BatchesPerEpoch.Should().Be(100);
        plan.LastBatch.Should().Be(LastBatch.Drop);
    }

    [TestMethod]
    public void StepsIn_WithoutWhatItNeeds_SaysWhatToDo()
    {
        new TrainingPlan(10, 1, 1).Invoking(plan => plan.StepsIn(5.Tokens())).Should().Throw<InvalidOperationException>()
            .WithMessage("The plan must know the tokens per sample to resolve 5tok. Give tokensPerSample to TrainingPlan.");
        new TrainingPlan(10, 1, 1).Invoking(plan => plan.StepsIn(TrainingSpan.Rest)).Should().Throw<InvalidOperationException>()
            .WithMessage("The span must have a unit but was the rest of the run. Only a schedule knows what is left.");
    }

    [TestMethod]
    public void OfSteps_Plan_IsWhatItSays()
    {
        TrainingPlan plan = TrainingPlan.OfSteps(7, 2.5);
        (plan.StepsPerEpoch, plan.TotalSteps, plan.Epochs, plan.BatchesPerEpoch, plan.GradientAccumulation).Should().Be((7, 18, 2.5, 7, 1));
        plan.Rows.Should().BeNull();
        plan.BatchSize.Should().BeNull();
        TrainingPlan.OfSteps(9).Should().Be(TrainingPlan.OfSteps(9, 1));
        TrainingPlan.OfSteps(1, 1e-3).TotalSteps.Should().Be(1);
        TrainingPlan.OfSteps(1L << 52).TotalSteps.Should().BeGreaterThan((1L << 52) - 10_000);
    }

    [TestMethod]
    public void Constructor_OutOfRange_SaysTheRule()
    {
        Throws(() => new TrainingPlan(0, 1, 1), "rows must be at least 1 but was 0. There is nothing to train on.");
        Throws(() => new TrainingPlan(1, 0, 1), "batchSize must be at least 1 but was 0. A batch has at least one row.");
        Throws(() => new TrainingPlan(1, 1, 0), "epochs must be a finite number above 0 but was 0. A run has at least a part of an epoch.");
        Throws(() => new TrainingPlan(1, 1, double.NaN), "epochs must be a finite number above 0 but was NaN.");
        Throws(() => new TrainingPlan(1, 1, 1, 0), "gradientAccumulation must be at least 1 but was 0. An optimizer step takes at least one batch.");
        Throws(() => new TrainingPlan(1, 1, 1, 1, (LastBatch)2), "lastBatch must be one of Keep, Drop but was 2. Say what happens to an incomplete last batch.");
        Throws(() => new TrainingPlan(1, 1, 1, tokensPerSample: 0), "tokensPerSample must be a finite number above 0 but was 0. Leave it out if no span counts tokens.");
        Throws(() => TrainingPlan.OfSteps(0, 1), "stepsPerEpoch must be at least 1 but was 0. An epoch has at least one optimizer step.");
        Throws(() => TrainingPlan.OfSteps(1, -1), "epochs must be a finite number above 0 but was -1.");
        Throws(() => TrainingPlan.OfSteps(2, 1L << 52), "epochs must be so small that the run has at most 2^52 steps but was 4503599627370496. An epoch has 2 steps.");
    }

    private static void Throws(Func<object> make, string message) => make.Should().Throw<ArgumentOutOfRangeException>().WithMessage(message + "*");
}
