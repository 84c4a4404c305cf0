using CsCheck;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch.Training;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Trainers.Tests.Training;

[TestClass]
public sealed class BatchOrderTests
{
    [TestMethod]
    [DataRow(640)]
    [DataRow(643)]
    public void StartEpoch_Blocks_VisitsEveryRowOnceAndKeepsNeighboursTogether(int rows)
    {
        const int Block = 4;
        var order = new BatchOrder(rows, seed: 3, shuffle: true, Block);
        var first = new int[rows];
        order.StartEpoch(0);
        order.Batch(0, rows).CopyTo(first);
        order.StartEpoch(1);
        order.Batch(0, rows).ToArray().Should().NotEqual(first).And.BeEquivalentTo(Enumerable.Range(0, rows));
        order.StartEpoch(0);
        order.Batch(0, rows).ToArray().Should().Equal(first);

        int neighbours = first.Zip(first.Skip(1), (a, b) => b == a + 1 ? 1 : 0).Sum();
        neighbours.Should().BeInRange(rows / Block * (Block - 1), rows / Block * (Block - 1) + rows / 20);
        first.Take(rows / 2).Average().Should().BeApproximately(rows / 2.0, rows / 8.0);
    }

    [TestMethod]
    public void Batch_Blocks_IsThatPartOfTheWholeOrder() =>
        Gen.Select(Gen.Int[1, 300], Gen.Int[1, 40], Gen.Int[2, 70], Gen.Int[0, 3]).Sample((rows, batchSize, block, epoch) =>
        {
            BatchOrder byBatches = new(rows, seed: 5, shuffle: true, block), whole = new(rows, seed: 5, shuffle: true, block);
            foreach (int each in (int[])[epoch, epoch + 1])
            {
                byBatches.StartEpoch(each);
                whole.StartEpoch(each);
                int[] order = whole.Rows.ToArray();
                order.Order().Should().Equal(Enumerable.Range(0, rows));
                var seen = new List<int>();
                for (int batch = 0; batch * batchSize < rows; batch++)
                {
                    byBatches.Batch(batch, batchSize).ToArray().Should().Equal(byBatches.Batch(batch, batchSize).ToArray()).And.Equal(whole.Batch(batch, batchSize).ToArray());
                    seen.AddRange(byBatches.Batch(batch, batchSize));
                }
                seen.Should().Equal(order);
                whole.Rows.Span.Overlaps(whole.Batch(0, batchSize)).Should().BeTrue();
            }
        });

    [TestMethod]
    [DataRow(1_000_000, 28, 4096, 64)]
    [DataRow(1_000_000, 28, 256, 4)]
    [DataRow(1_000_000, 28, 32, 1)]
    [DataRow(100_000, 28, 4096, 1)]
    [DataRow(1_000_000, 28, 1_000_000, 64)]
    public void BlockRows_BySizeAndBatch_LeavesManyBlocksInABatch(int rows, int columns, int batch, int expected) =>
        BatchOrder.BlockRows(rows, columns, batch).Should().Be(expected);

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
