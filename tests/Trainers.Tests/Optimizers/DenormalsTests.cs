using System.Runtime.InteropServices;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Lanes;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.Trainers.Torch.Tests.Optimizers;

/// <summary>Parameters without gradients, as those of units that have died: nothing of them stays in the denormal numbers, with which processors are slow.</summary>
[TestClass]
public class DenormalsTests
{
    // Four of the smallest steps: 0.9 times that rounds to itself.
    private const float Stuck = 4 * float.Epsilon;
    private const long Steps = 4 * Denormals.Interval;

    public static IEnumerable<object[]> Optimizers => Cases.Rows.Where(row => !Optimizer.Parse((string)row[0]).NeedsClosure);

    public static IEnumerable<object[]> Elementwise => Cases.ElementwiseRows;

    [TestMethod]
    [DynamicData(nameof(Elementwise))]
    public void Step_StateThatIsDenormal_BecomesZero(string text)
    {
        Toy<float> toy = new();
        ParameterUpdater updater = Make(text, toy);

        Run(updater, toy, 0, Denormals.Interval);

        Denormal(updater, toy).Should().BeEmpty();
    }

    [TestMethod]
    public void Step_AdamWhoseGradientsHaveEnded_ItsMomentsBecomeZero()
    {
        Toy<float> toy = new();
        ParameterUpdater updater = UpdaterTests.For(toy, Torch.Optimizers.Adam());
        toy.Noise(0);
        updater.Step(0);
        toy.Gradients.Span.Clear();

        for (int step = 1; step < 100_000; step++) updater.Step(step);

        updater.State().Should().OnlyContain(array => array.Floats!.Value.ToArray().All(number => number == 0));
    }

    [TestMethod]
    public void Step_WeightsUnderDecay_BecomeZero()
    {
        Toy<float> toy = new();
        ParameterUpdater updater = UpdaterTests.For(toy, Torch.Optimizers.AdamW(0.1, weightDecay: 1));

        for (int step = 0; step < 10 * Denormals.Interval; step++) updater.Step(step);

        toy.Weights.ToArray().Should().OnlyContain(weight => weight == 0);
    }

    [TestMethod]
    public void Step_WeightThatIsNotANumber_StaysSo()
    {
        Toy<float> toy = new();
        ParameterUpdater updater = UpdaterTests.For(toy, Torch.Optimizers.AdamW());
        toy.Weights.Span[0] = float.NaN;

        updater.Step(Denormals.Interval - 1);

        float.IsNaN(toy.Weights.Span[0]).Should().BeTrue();
    }

    [TestMethod]
    [DynamicData(nameof(Optimizers))]
    public void Step_EveryWidth_GivesTheSameBits(string text)
    {
        byte[] narrow = Bits<Scalar<float>>(text);

        Bits<Lane128>(text).Should().Equal(narrow);
        Bits<Lane256>(text).Should().Equal(narrow);
        Bits<Lane512>(text).Should().Equal(narrow);
    }

    [TestMethod]
    [DynamicData(nameof(Optimizers))]
    public void RestoreState_BesideAPass_GivesTheSameBits(string text)
    {
        Toy<float> whole = new();
        ParameterUpdater updater = Make(text, whole);
        List<(long Step, float[] Weights, List<StateArray> State)> checkpoints = [];
        for (long step = 0; step < Steps; step++)
        {
            if ((step + 1) % Denormals.Interval < 3) checkpoints.Add((step, whole.Weights.ToArray(), ResumeTests.Copy(updater.State())));
            Run(updater, whole, step, step + 1);
        }

        foreach ((long from, float[] weights, List<StateArray> state) in checkpoints)
        {
            Toy<float> rest = new();
            ParameterUpdater resumed = Make(text, rest);
            weights.CopyTo(rest.Weights);
            resumed.RestoreState(state);
            Run(resumed, rest, from, Steps);

            Bits(resumed, rest.Weights).Should().Equal(Bits(updater, whole.Weights), "resumed at {0}", from);
        }
    }

    [TestMethod]
    [DynamicData(nameof(Optimizers))]
    public void Apply_SeveralWorkers_GivesTheBitsOfOne(string text)
    {
        Toy<float> one = new(), three = new();
        ParameterUpdater alone = Make(text, one), shared = Make(text, three);

        Run(alone, one, 0, Denormals.Interval);
        for (long step = 0; step < Denormals.Interval; step++)
        {
            Gradients(three, step);
            shared.BeginStep(step);
            for (int worker = 0; worker < 3; worker++) shared.Apply(worker, 3);
        }

        Bits(shared, three.Weights).Should().Equal(Bits(alone, one.Weights));
    }

    /// <summary>Every second parameter has died: its weight and its state are stuck, and it has no gradients.</summary>
    private static ParameterUpdater Make(string text, Toy<float> toy)
    {
        Optimizer optimizer = Optimizer.Parse(text);
        ParameterUpdater updater = UpdaterTests.For(toy, optimizer, Cases.GroupsFor(optimizer), steps: Steps);
        Kill(updater, toy);
        return updater;
    }

    private static void Kill(Updater<float> updater, Toy<float> toy)
    {
        foreach (ParameterSlot slot in Toy<float>.Layout) KillHalf(slot.In(toy.Weights.Span), Stuck);
        foreach (StateArray array in updater.State())
            if (array.Floats is { } floats) KillHalf(floats.Span, Stuck);
    }

    private static void KillHalf(Span<float> values, float dead)
    {
        for (int i = 0; i < values.Length; i += 2) values[i] = dead;
    }

    private static void Gradients(Toy<float> toy, long step)
    {
        toy.Evaluate(step);
        // An optimizer that climbs the bowl would leave the numbers.
        foreach (ref float gradient in toy.Gradients.Span) gradient = Math.Clamp(gradient, -1, 1);
        foreach (ParameterSlot slot in Toy<float>.Layout) KillHalf(slot.In(toy.Gradients.Span), 0);
    }

    private static void Run(Updater<float> updater, Toy<float> toy, long from, long to)
    {
        for (long step = from; step < to; step++)
        {
            Gradients(toy, step);
            updater.Step(step);
        }
    }

    private static IEnumerable<string> Denormal(ParameterUpdater updater, Toy<float> toy) =>
        updater.State().Where(array => array.Floats is { } floats && HasDenormal(floats)).Select(array => array.Name)
            .Concat(HasDenormal(toy.Weights) ? ["the weights"] : []);

    private static bool HasDenormal(Memory<float> values) => values.ToArray().Any(float.IsSubnormal);

    private static byte[] Bits<T>(string text) where T : struct, ILane<T>
    {
        Optimizer optimizer = Optimizer.Parse(text);
        Toy<float> toy = new();
        var updater = new LaneUpdater<float, T>(
            optimizer, Cases.GroupsFor(optimizer), null, Toy<float>.Plan(Steps), Toy<float>.Layout, toy.Weights, toy.Gradients);
        Kill(updater, toy);
        Run(updater, toy, 0, Denormals.Interval);
        return Bits(updater, toy.Weights);
    }

    private static byte[] Bits(Updater<float> updater, Memory<float> weights)
    {
        weights.ToArray().Should().OnlyContain(weight => float.IsFinite(weight), "bits of what is not a number say nothing");
        List<byte> bits = [.. MemoryMarshal.AsBytes(weights.Span)];
        foreach (StateArray array in updater.State())
            bits.AddRange(array.Floats is { } floats ? MemoryMarshal.AsBytes(floats.Span) : MemoryMarshal.AsBytes(array.Doubles!.Value.Span));
        return [.. bits];
    }
}
