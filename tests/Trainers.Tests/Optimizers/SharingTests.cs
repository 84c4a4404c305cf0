using Microsoft.ML.NeuralNetworks;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.Trainers.Torch.Tests.Optimizers;

[TestClass]
public class SharingTests
{
    public static IEnumerable<object[]> Optimizers => Cases.Rows;

    public static IEnumerable<object[]> Elementwise => Cases.ElementwiseRows;

    [TestMethod]
    [DynamicData(nameof(Optimizers))]
    public void Apply_SeveralWorkers_GivesTheBitsOfOne(string text)
    {
        Optimizer optimizer = Optimizer.Parse(text);
        Toy<float> one = new(), three = new();
        ParameterUpdater alone = UpdaterTests.For(one, optimizer, Cases.GroupsFor(optimizer), Cases.Warm);
        ParameterUpdater shared = UpdaterTests.For(three, optimizer, Cases.GroupsFor(optimizer), Cases.Warm);

        for (int step = 0; step < 24; step++)
        {
            int now = step;
            one.Evaluate(step);
            alone.Step(step, () => one.Evaluate(now));
            three.Evaluate(step);
            shared.BeginStep(step, () => three.Evaluate(now));
            Parallel.For(0, 3, worker => shared.Apply(worker, 3));
        }

        three.Weights.Span.SequenceEqual(one.Weights.Span).Should().BeTrue();
        foreach (ParameterSlot slot in Toy<float>.Layout)
            one.Weights.Span[(slot.Offset + slot.Count)..slot.PaddedEnd].ToArray().Should().OnlyContain(padding => padding == 0, "padding stays zero");
    }

    [TestMethod]
    [DynamicData(nameof(Elementwise))]
    public void Step_Elementwise_AllocatesNothing(string text)
    {
        Optimizer optimizer = Optimizer.Parse(text);
        Toy<float> toy = new();
        ParameterUpdater updater = UpdaterTests.For(toy, optimizer, Cases.GroupsFor(optimizer), Cases.Warm, steps: 200);
        toy.Noise(0);
        for (int step = 0; step < 60; step++) updater.Step(step);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int step = 60; step < 160; step++) updater.Step(step);

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0);
    }
}
