using System.Numerics;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Lanes;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.Trainers.Torch.Tests.Optimizers;

[TestClass]
public class LaneTests
{
    private const int Steps = 100;

    public static IEnumerable<object[]> Optimizers => Cases.Rows;

    [TestMethod]
    [DynamicData(nameof(Optimizers))]
    public void Step_EveryWidth_GivesTheSameBits(string text)
    {
        float[] narrow = Run<float, Scalar<float>>(text);

        Run<float, Lane128>(text).Should().Equal(narrow);
        Run<float, Lane256>(text).Should().Equal(narrow);
        Run<float, Lane512>(text).Should().Equal(narrow);
    }

    [TestMethod]
    [DynamicData(nameof(Optimizers))]
    public void Step_Floats_AgreeWithDoubles(string text)
    {
        double[] truth = Run<double, Scalar<double>>(text);
        float[] floats = Run<float, Lane512>(text);

        double distance = Math.Sqrt(truth.Zip(floats, (a, b) => (a - b) * (a - b)).Sum());
        double size = Math.Sqrt(truth.Sum(weight => weight * weight));
        (distance / size).Should().BeLessThan(1e-5);
        truth.Should().OnlyContain(weight => double.IsFinite(weight));
    }

    /// <summary>The weights after a hundred steps; gradients come from the step alone, so that roundings do not feed back.</summary>
    private static TElement[] Run<TElement, T>(string text)
        where TElement : unmanaged, IFloatingPointIeee754<TElement>
        where T : struct, ILane<T>
    {
        Optimizer optimizer = Optimizer.Parse(text);
        Toy<TElement> toy = new();
        var updater = new LaneUpdater<TElement, T>(
            optimizer, Cases.GroupsFor(optimizer), Cases.Warm, Toy<TElement>.Plan(Steps), Toy<TElement>.Layout, toy.Weights, toy.Gradients);
        for (int step = 0; step < Steps; step++)
        {
            if (optimizer.NeedsClosure) updater.Step(step, () => toy.Evaluate(0));
            else
            {
                toy.Noise(step);
                updater.Step(step);
            }
        }
        List<TElement> weights = [];
        foreach (ParameterSlot slot in Toy<TElement>.Layout) weights.AddRange(slot.In(toy.Weights.Span));
        return [.. weights];
    }
}
