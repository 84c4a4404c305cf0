using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Engines;
using Microsoft.ML.Trainers.Torch.Engines.Cpu;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using EveryOptimizer = Microsoft.ML.Trainers.Torch.Tests.Optimizers.Cases;

namespace Microsoft.ML.Trainers.Torch.Tests.Engines.Cpu;

/// <summary>Whether the sum of the gradients is deferred to the update, which updaters allow or not, changes no bit.</summary>
[TestClass]
public sealed class DeferredSumTests
{
    private static readonly TrainingData Data = Cases.Data(600, 28);

    public static IEnumerable<object[]> Optimizers => EveryOptimizer.Rows;

    [TestMethod]
    [DynamicData(nameof(Optimizers))]
    public void Share_EveryOptimizer_SumDeferredWhereItMayBe_SameBits(string text)
    {
        Optimizer optimizer = Optimizer.Parse(text);
        Train(optimizer, null, mayDefer: true).Should().Equal(Train(optimizer, null, mayDefer: false));
    }

    [TestMethod]
    public void Share_GradientClipping_WaitsForTheSum()
    {
        foreach (GradientClipping clipping in new GradientClipping[] { new() { Norm = 0.01 }, new() { GroupNorm = 0.01 }, new() { Value = 0.001 } })
            Train(Optimizer.Parse("adamw"), clipping, mayDefer: true).Should().Equal(Train(Optimizer.Parse("adamw"), clipping, mayDefer: false));
    }

    private static float[] Train(Optimizer optimizer, GradientClipping? clipping, bool mayDefer)
    {
        // Large enough for the update to be shared.
        Network network = Cases.Mlp(ActivationFunction.Tanh, 28, 80, 40, 1);
        using CpuEngine engine = Cases.WithWeights(new CpuEngine(network, new SquaredError(), Data, threads: 2));
        GroupUpdater updater = engine.MakeUpdater(optimizer, [], null, TrainingPlan.OfSteps(6), clipping);
        for (int step = 0; step < 6; step++)
        {
            int[] rows = Cases.Rows(512, Data.Rows, seed: step);
            var settings = new StepSettings(step);
            engine.ForwardBackward(rows, 1.0 / rows.Length, accumulate: false, settings with { DeferSum = mayDefer && updater.ReadsSlices });
            updater.BeginStep(step, () => engine.ForwardBackward(rows, 1.0 / rows.Length, accumulate: false, settings));
            engine.Share(network.Layout.Length, updater.Apply);
        }
        return engine.Weights.ToArray();
    }
}
