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
}
