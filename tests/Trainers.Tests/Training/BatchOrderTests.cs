using CsCheck;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch.Training;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Trainers.Tests.Training;

[TestClass]
public sealed class BatchOrderTests
{
    [TestMethod]
    public void Batch_WholeEpoch_EveryRowOnceAndAsManyBatchesAsPlanned() =>
        Gen.Select(Gen.Int[1, 300], Gen.Int[1, 40], Gen.Bool, Gen.Int[0, 5]).Sample((rows, batchSize, shuffle, epoch) =>
        {
            var plan = new TrainingPlan(rows, Math.Min(batchSize, rows), epochs: 1);
            var order = new BatchOrder(rows, seed: 3, shuffle);
            order.StartEpoch(epoch);
            var seen = new List<int>();
            for (int batch = 0; batch < plan.BatchesPerEpoch; batch++) seen.AddRange(order.Batch(batch, plan.BatchSize!.Value));
            seen.Order().Should().Equal(Enumerable.Range(0, rows));
        });

    [TestMethod]
    public void StartEpoch_InAnyOrder_GivesTheEpochsOwnOrder()
    {
        var straight = new BatchOrder(50, seed: 9, shuffle: true);
        straight.StartEpoch(0);
        straight.StartEpoch(1);
        straight.StartEpoch(2);
        var resumed = new BatchOrder(50, seed: 9, shuffle: true);
        resumed.StartEpoch(2);
        resumed.Batch(0, 50).ToArray().Should().Equal(straight.Batch(0, 50).ToArray());
        resumed.StartEpoch(3);
        resumed.Batch(0, 50).ToArray().Should().NotEqual(straight.Batch(0, 50).ToArray());
    }

    [TestMethod]
    public void Batch_NoShuffling_RowsAsTheyLie()
    {
        var order = new BatchOrder(5, seed: 1, shuffle: false);
        order.StartEpoch(4);
        order.Batch(1, 2).ToArray().Should().Equal(2, 3);
        order.Batch(2, 2).ToArray().Should().Equal(4);
    }
}
