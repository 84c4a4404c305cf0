using Microsoft.ML.LrSchedules;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.Trainers.Torch.Tests.Optimizers;

[TestClass]
public class ResumeTests
{
    private const int Steps = 24;

    public static IEnumerable<object[]> Optimizers => Cases.Rows;

    private static IEnumerable<(string Name, LrSchedule? Schedule, Func<long, double> Multiplier)> Rates =>
    [
        ("constant", null, _ => 1),
        ("warmup and cosine", Cases.Warm, _ => 1),
        ("plateau", null, step => step < 8 ? 1 : step < 16 ? 0.5 : 0.25),
    ];

    [TestMethod]
    [DynamicData(nameof(Optimizers))]
    public void RestoreState_AtEveryStep_GivesTheSameBits(string text)
    {
        Optimizer optimizer = Optimizer.Parse(text);
        foreach ((string name, LrSchedule? schedule, Func<long, double> multiplier) in Rates)
        {
            Toy<float> whole = new();
            ParameterUpdater updater = Make(optimizer, schedule, whole);
            List<(float[] Weights, List<StateArray> State)> checkpoints = [];
            for (int step = 0; step < Steps; step++)
            {
                checkpoints.Add((whole.Weights.ToArray(), Copy(updater.State())));
                Step(updater, whole, step, multiplier);
            }
            float[] average = new float[whole.Weights.Length];
            updater.EvaluationWeights(average);

            for (int from = 0; from < Steps; from++)
            {
                Toy<float> rest = new();
                checkpoints[from].Weights.CopyTo(rest.Weights);
                ParameterUpdater resumed = Make(optimizer, schedule, rest);
                resumed.RestoreState(checkpoints[from].State);
                for (int step = from; step < Steps; step++) Step(resumed, rest, step, multiplier);

                rest.Weights.Span.SequenceEqual(whole.Weights.Span).Should().BeTrue("{0}, {1}, resumed at {2}", text, name, from);
                float[] resumedAverage = new float[average.Length];
                resumed.EvaluationWeights(resumedAverage);
                resumedAverage.AsSpan().SequenceEqual(average).Should().BeTrue("the average, {0}, {1}, resumed at {2}", text, name, from);
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Optimizers))]
    public void State_BeforeTheFirstStep_HasAllNames(string text)
    {
        Optimizer optimizer = Optimizer.Parse(text);
        Toy<float> toy = new();
        ParameterUpdater updater = Make(optimizer, null, toy);
        string[] before = [.. updater.State().Select(array => array.Name)];

        for (int step = 0; step < Steps; step++) Step(updater, toy, step, _ => 1);

        updater.State().Select(array => array.Name).Should().Equal(before);
        before.Should().OnlyHaveUniqueItems();
    }

    [TestMethod]
    public void RestoreState_OfAnotherOptimizer_NamesWhatIsMissing()
    {
        ParameterUpdater updater = Make(Torch.Optimizers.AdamW(), null, new());

        Action restore = () => updater.RestoreState(Make(Torch.Optimizers.Sgd(momentum: 0.9), null, new()).State());

        restore.Should().Throw<InvalidDataException>().WithMessage("*'layers.0.weight/m'*");
    }

    [TestMethod]
    public void RestoreState_WithSomethingMore_NamesIt()
    {
        ParameterUpdater updater = Make(Torch.Optimizers.Lion(), null, new());

        Action restore = () => updater.RestoreState(Make(Torch.Optimizers.AdamW(), null, new()).State());

        restore.Should().Throw<InvalidDataException>().WithMessage("*/v'*does not have*");
    }

    [TestMethod]
    public void RestoreState_OfAnotherShape_ChangesNothing()
    {
        Toy<float> toy = new();
        ParameterUpdater updater = Make(Torch.Optimizers.AdamW(), null, toy);
        Step(updater, toy, 0, _ => 1);
        List<StateArray> before = Copy(updater.State()), wrong = Copy(updater.State());
        wrong[^1] = wrong[^1] with { Shape = [.. wrong[^1].Shape, 1] };

        Action restore = () => updater.RestoreState(wrong);

        restore.Should().Throw<InvalidDataException>().WithMessage("*must be float[*but was float[*");
        updater.State().Zip(before, (now, then) => now.Floats!.Value.Span.SequenceEqual(then.Floats!.Value.Span)).Should().OnlyContain(same => same);
    }

    private static ParameterUpdater Make(Optimizer optimizer, LrSchedule? schedule, Toy<float> toy) =>
        UpdaterTests.For(toy, optimizer, Cases.GroupsFor(optimizer), schedule, Steps);

    private static void Step(ParameterUpdater updater, Toy<float> toy, int step, Func<long, double> multiplier)
    {
        toy.Evaluate(step);
        updater.RateMultiplier = multiplier(step);
        updater.Step(step, () => toy.Evaluate(step));
    }

    internal static List<StateArray> Copy(IEnumerable<StateArray> state) =>
        [.. state.Select(array => array.Floats is { } floats ? array with { Floats = floats.ToArray() } : array with { Doubles = array.Doubles!.Value.ToArray() })];
}
