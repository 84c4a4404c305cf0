using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Engines;
using Microsoft.ML.Trainers.Torch.Engines.Cpu;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.Trainers.Torch.Tests.Engines.Cpu;

/// <summary>Fifty steps on either engine, from the same weights over the same rows, end at the same weights.</summary>
[TestClass]
public sealed class TorchAgreementTests
{
    [TestMethod]
    public void FiftySteps_EveryActivationAndLoss_EndAtTheSameWeights()
    {
        foreach (ActivationFunction function in Enum.GetValues<ActivationFunction>())
        {
            Check(Cases.Mlp(function, 6, 24, 12, 1), new SquaredError(), Cases.Data(200, 6, weighted: true));
            Check(Cases.Mlp(function, 6, 24, 3), new SoftmaxCrossEntropy(), Cases.Data(200, 6, classes: 3));
        }
        Check(Cases.Mlp(ActivationFunction.Relu, 6, 1), new SquaredError(), Cases.Data(200, 6));
        Check(Cases.Mlp(ActivationFunction.Relu, 6, 1), new LogisticLoss(), Cases.Data(200, 6, classes: 2, weighted: true));
    }

    [TestMethod]
    public void FiftySteps_EveryLayer_EndAtTheSameWeights()
    {
        Residual residual = new("r", [new LayerNorm("r.0", 12), new Dense("r.1", 12, 12), new Activation("r.2", 12, ActivationFunction.Silu), new Dropout("r.3", 12, 0.3f)]);
        Check(
            new Network(
            [
                new Scaling("s", 6), new NtkDense("a", 6, 12), new BatchNorm("n", 12), new ParametricActivation("p", 12, ActivationFunction.Mish), new Dropout("o", 12, 0.2f),
                residual, new NtkDense("z", 12, 1),
            ]),
            new SquaredError(), Cases.Data(200, 6));
        var numeric = new NumericEmbedding("e", 6, [0, 2, 3], bins: 5, frequencies: 4, width: 3);
        Check(new Network([numeric, new Dense("a", numeric.Outputs, 8), new Activation("b", 8, ActivationFunction.Relu), new Dense("c", 8, 1)]), new SquaredError(), Cases.Data(200, 6));
        Check(new Network([new PeriodicEmbedding("e", 6, 4, 3), new Dense("a", 18, 1)]), new SquaredError(), Cases.Data(200, 6));
        Layer[] members = [new EnsembleDense("a", 6, 10, 4, FansOut: true), new ParametricActivation("p", 40, ActivationFunction.Selu), new Dropout("o", 40, 0.2f), new EnsembleDense("b", 10, 9, 4, FansOut: false)];
        Check(new Network([.. members, new EnsembleDense("z", 9, 1, 4, FansOut: false)]), new SquaredError(), Cases.Data(200, 6, weighted: true));
        Check(new Network([.. members, new EnsembleDense("z", 9, 3, 4, FansOut: false)]), new SoftmaxCrossEntropy { LabelSmoothing = 0.1 }, Cases.Data(200, 6, classes: 3));
        TrainingData codes = Cases.Data(200, 6);
        for (int i = 0; i < 200; i++) codes.Features.Span[i * 6 + 4] = i % 5;
        var categories = new CategoricalEmbedding("e", 6, [new CategoricalColumn(4, 3, 4)]);
        Check(new Network([categories, new Dense("a", categories.Outputs, 1)]), new SquaredError(), codes);
        TrainingData gaps = Cases.Data(200, 6);
        for (int i = 0; i < 200; i += 3) gaps.Features.Span[i * 6 + i % 6] = float.NaN;
        Check(new Network([new MissingIndicators("i", 6, [0, 1, 4]), new MissingValues("m", 9), new Standardization("s", 9), new Dense("a", 9, 8), new Activation("b", 8, ActivationFunction.Gelu), new Dense("c", 8, 1)]), new SquaredError(), gaps);
    }

    [TestMethod]
    public void FiftySteps_WeightsReadInPlaceAndPacked_EndAtTheSameWeights() =>
        Check(Cases.Mlp(ActivationFunction.Relu, 6, 16, 48, 256, 272, 1), new SquaredError(), Cases.Data(200, 6, weighted: true));

    [TestMethod]
    public void FiftySteps_RowsOfWholePages_EndAtTheSameWeights()
    {
        Residual residual = new("r", [new LayerNorm("r.0", 1024), new Scaling("r.1", 1024), new RobustScaling("r.3", 1024), new Dropout("r.2", 1024, 0.3f)]);
        Check(
            new Network(
            [
                new Dense("a", 6, 1024), new Activation("b", 1024, ActivationFunction.Relu), new NtkDense("c", 1024, 1024), new BatchNorm("n", 1024),
                new ParametricActivation("p", 1024, ActivationFunction.Mish), residual, new Dense("z", 1024, 1),
            ]),
            new SquaredError(), Cases.Data(200, 6, weighted: true));
        Layer[] members = [new EnsembleDense("a", 6, 1024, 2, FansOut: true), new ParametricActivation("p", 2048, ActivationFunction.Relu), new Dropout("o", 2048, 0.2f)];
        Check(new Network([.. members, new EnsembleDense("z", 1024, 3, 2, FansOut: false)]), new SoftmaxCrossEntropy(), Cases.Data(200, 6, classes: 3));
    }

    /// <summary>Fifty steps on either engine; the weights must agree to 1e-5.</summary>
    internal static void Check(Network network, Loss loss, TrainingData data)
    {
        using CpuEngine cpu = Start(new CpuEngine(network, loss, data, seed: 4, threads: 2));
        using TorchEngine torch = Start(new TorchEngine(network, loss, data, seed: 4, Device.Cpu));
        Train(cpu);
        Train(torch);
        double distance = 0, size = 0;
        foreach (ParameterSlot slot in network.Layout)
            for (int i = slot.Offset; i < slot.Offset + slot.Count; i++)
            {
                distance += Math.Pow(cpu.Weights.Span[i] - torch.Weights.Span[i], 2);
                size += Math.Pow(torch.Weights.Span[i], 2);
            }
        double relative = Math.Sqrt(distance / size);
        if (!(relative < 1e-5))
            throw new AssertFailedException($"{string.Join(", ", network.Layers.Select(layer => layer.GetType().Name))}; {loss.GetType().Name}: the weights differ by {relative:E2}.");
    }

    private static T Start<T>(T engine) where T : Engine
    {
        Cases.WithWeights(engine);
        foreach (ParameterSlot slot in engine.Network.Layout)
        {
            Span<float> values = slot.In(engine.Weights.Span);
            if (slot.Spec.Name.EndsWith(".running_var", StringComparison.Ordinal) || slot.Spec.Name.EndsWith(".scale", StringComparison.Ordinal)) values.Fill(1);
            if (slot.Spec.Name.EndsWith(".edges", StringComparison.Ordinal))
                for (int i = 0; i < values.Length; i++) values[i] = -0.9f + 1.7f * (i % slot.Spec.Shape[1]) / slot.Spec.Shape[1];
        }
        return engine;
    }

    private static void Train(Engine engine)
    {
        var plan = new TrainingPlan(engine.Data.Rows, 40, 10);
        var updater = new ParameterUpdater(global::Microsoft.ML.Trainers.Torch.Optimizers.Sgd(0.02, momentum: 0.5), [], null, plan, engine.Network.Layout, engine.Weights, engine.Gradients);
        for (int step = 0; step < 50; step++)
        {
            int[] rows = Cases.Rows(40, engine.Data.Rows, seed: step);
            engine.ForwardBackward(rows, 1 / engine.Data.TotalWeight(rows), accumulate: false, new StepSettings(step, DropoutScale: 0.8));
            updater.Step(step);
        }
    }
}
