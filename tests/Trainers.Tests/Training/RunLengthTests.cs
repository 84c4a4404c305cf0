using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Trainers.Tests.Training;

[TestClass]
public sealed class RunLengthTests
{
    [TestMethod]
    [DataRow(1, 1, 200.0, DisplayName = "one row")]
    [DataRow(120, 16, 200.0, DisplayName = "iris: many passes")]
    [DataRow(800, 16, 40.0, DisplayName = "german credit")]
    [DataRow(3_823, 32, 20.0, DisplayName = "digits")]
    [DataRow(16_512, 128, 20.0, DisplayName = "california housing")]
    [DataRow(100_000, 256, 20.0, DisplayName = "taxi fares")]
    [DataRow(10_000_000, 256, 20.0, DisplayName = "a large table: no larger batch, no fewer passes")]
    public void PlanFor_Defaults_FollowTheNumberOfRows(int rows, int batchSize, double epochs)
    {
        TrainingPlan plan = new TorchMlpOptions().PlanFor(rows);
        (plan.BatchSize, plan.Epochs).Should().Be((batchSize, epochs));
    }

    [TestMethod]
    public void PlanFor_WhatIsSet_Stays()
    {
        TrainingPlan plan = new TorchMlpOptions { BatchSize = 500, NumberOfEpochs = 2.5 }.PlanFor(100);
        (plan.BatchSize, plan.Epochs).Should().Be((100, 2.5));
    }
}
