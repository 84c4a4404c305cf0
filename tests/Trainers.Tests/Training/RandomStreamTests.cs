using Microsoft.ML.Trainers.Torch.Training;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Trainers.Tests.Training;

[TestClass]
public sealed class RandomStreamTests
{
    [TestMethod]
    public void NextBits_SameSeedPurposeAndNumber_SameStream()
    {
        var one = new RandomStream(7, RandomStream.Purpose.RowOrder, 3);
        var two = new RandomStream(7, RandomStream.Purpose.RowOrder, 3);
        for (int i = 0; i < 100; i++) one.NextBits().Should().Be(two.NextBits());
    }

    [TestMethod]
    public void NextBits_AnotherSeedPurposeOrNumber_AnotherStream()
    {
        var first = new[]
        {
            new RandomStream(7, RandomStream.Purpose.RowOrder, 3).NextBits(), new RandomStream(8, RandomStream.Purpose.RowOrder, 3).NextBits(),
            new RandomStream(7, RandomStream.Purpose.Member, 3).NextBits(), new RandomStream(7, RandomStream.Purpose.RowOrder, 4).NextBits(),
        };
        first.Should().OnlyHaveUniqueItems();
    }

    [TestMethod]
    public void NextNormal_ManyDraws_MeanZeroVarianceOne()
    {
        var random = new RandomStream(1, RandomStream.Purpose.Weights);
        double sum = 0, squares = 0;
        const int count = 100_000;
        for (int i = 0; i < count; i++)
        {
            double x = random.NextNormal();
            sum += x;
            squares += x * x;
        }
        (sum / count).Should().BeApproximately(0, 0.02);
        (squares / count).Should().BeApproximately(1, 0.03);
    }

    [TestMethod]
    public void Shuffle_AnyLength_IsAPermutation()
    {
        for (int length = 0; length < 50; length++)
        {
            int[] values = [.. Enumerable.Range(0, length)];
            new RandomStream(5, RandomStream.Purpose.RowOrder, length).Shuffle(values);
            values.Order().Should().Equal(Enumerable.Range(0, length));
        }
    }
}
