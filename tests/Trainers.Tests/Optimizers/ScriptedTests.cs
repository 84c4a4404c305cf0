using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch.Engines.Scripted;
using Microsoft.ML.Trainers.Torch.Lanes;
using Microsoft.ML.Trainers.Torch.Runtime;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using TorchSharp;

namespace Microsoft.ML.Trainers.Torch.Tests.Optimizers;

/// <summary>Rules that write themselves down as TorchScript agree with the same rules in double.</summary>
[TestClass]
public class ScriptedTests
{
    private const int Steps = 100;

    public static IEnumerable<object[]> Optimizers => Cases.Rows;

    [ClassInitialize]
    public static void Load(TestContext context) => Libtorch.EnsureLoaded();

    [TestMethod]
    [DynamicData(nameof(Optimizers))]
    public void Step_Scripted_AgreesWithDoubles(string text)
    {
        Optimizer optimizer = Optimizer.Parse(text);
        Toy<double> toy = new();
        var truth = new LaneUpdater<double, Scalar<double>>(
            optimizer, Cases.GroupsFor(optimizer), Cases.Warm, Toy<double>.Plan(Steps), Toy<double>.Layout, toy.Weights, toy.Gradients);
        Toy<float> start = new();
        using torch.Tensor weights = torch.tensor(start.Weights.ToArray()), gradients = torch.zeros(Toy<float>.Layout.Length);
        using ScriptedUpdater updater = new(optimizer, Cases.GroupsFor(optimizer), Cases.Warm, Toy<float>.Plan(Steps), Toy<float>.Layout, weights, gradients);

        for (int step = 0; step < Steps; step++)
        {
            if (optimizer.NeedsClosure)
            {
                truth.Step(step, () => toy.Evaluate(0));
                updater.Step(step, () =>
                {
                    weights.data<float>().CopyTo(start.Weights.Span);
                    double loss = start.Evaluate(0);
                    Send(start.Gradients, gradients);
                    return loss;
                });
                continue;
            }
            toy.Noise(step);
            truth.Step(step);
            start.Noise(step);
            Send(start.Gradients, gradients);
            updater.Step(step);
        }

        double[] wanted = new double[toy.Weights.Length];
        truth.EvaluationWeights(wanted);
        using torch.Tensor average = torch.zeros(wanted.Length);
        updater.EvaluationWeights(average);
        Distance(toy.Weights.ToArray(), [.. weights.data<float>()]).Should().BeLessThan(1e-5, updater.LastScript);
        Distance(wanted, [.. average.data<float>()]).Should().BeLessThan(1e-5, "the average");
    }

    [TestMethod]
    public void RestoreState_OfAHostUpdater_Continues()
    {
        Toy<float> host = new();
        ParameterUpdater flat = UpdaterTests.For(host, Torch.Optimizers.NAdam(0.05));
        for (int step = 0; step < 5; step++)
        {
            host.Noise(step);
            flat.Step(step);
        }
        using torch.Tensor weights = torch.tensor(host.Weights.ToArray()), gradients = torch.zeros(Toy<float>.Layout.Length);
        using ScriptedUpdater scripted = new(Torch.Optimizers.NAdam(0.05), [], null, Toy<float>.Plan(24), Toy<float>.Layout, weights, gradients);

        scripted.RestoreState(flat.State());
        host.Noise(5);
        flat.Step(5);
        Send(host.Gradients, gradients);
        scripted.Step(5);

        Distance([.. host.Weights.ToArray().Select(weight => (double)weight)], [.. weights.data<float>()]).Should().BeLessThan(1e-6);
        scripted.State().Select(array => array.Name).Should().BeEquivalentTo(flat.State().Select(array => array.Name));
    }

    [TestMethod]
    public void Step_AdamW_CompilesOneProgram()
    {
        using torch.Tensor weights = torch.zeros(Toy<float>.Layout.Length), gradients = torch.ones(Toy<float>.Layout.Length);
        using ScriptedUpdater updater = new(Torch.Optimizers.AdamW(), [], Cases.Warm, Toy<float>.Plan(24), Toy<float>.Layout, weights, gradients);

        for (int step = 0; step < 24; step++) updater.Step(step);

        updater.Programs.Should().Be(1);
        updater.LastScript.Should().Contain("torch.sqrt").And.Contain(".copy_(");
    }

    [TestMethod]
    public void Step_ManyScatteredParameters_TheProgramDoesNotGrow()
    {
        ScriptOf(layers: 40).Should().Be(ScriptOf(layers: 3)).And.Contain("torch.sqrt");

        static string ScriptOf(int layers)
        {
            ParameterLayout layout = new Network(Enumerable.Range(0, layers).Select(i => (Layer)new Dense($"layers.{i}", 4, 4))).Layout;
            using torch.Tensor weights = torch.zeros(layout.Length), gradients = torch.ones(layout.Length);
            using ScriptedUpdater updater = new(Torch.Optimizers.AdamW(), [ParameterGroup.NoDecay], null, Toy<float>.Plan(24), layout, weights, gradients);
            updater.Step(0);
            weights[0].item<float>().Should().BeApproximately(-1e-3f, 1e-6f);
            return updater.LastScript;
        }
    }

    private static void Send(Memory<float> from, torch.Tensor to)
    {
        using torch.Tensor values = torch.tensor(from.ToArray());
        to.copy_(values);
    }

    private static double Distance(double[] truth, float[] got) =>
        Math.Sqrt(truth.Zip(got, (a, b) => (a - b) * (a - b)).Sum()) / Math.Sqrt(truth.Sum(weight => weight * weight));
}
