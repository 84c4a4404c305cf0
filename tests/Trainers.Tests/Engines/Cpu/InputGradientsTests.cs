using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Engines;
using Microsoft.ML.Trainers.Torch.Engines.Cpu;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Microsoft.ML.Trainers.Torch.Tests.Engines.Cpu;

/// <summary>Derivatives by the inputs. The oracle is central differences of the naive network in doubles.</summary>
[TestClass]
public sealed class InputGradientsTests
{
    // Inputs are multiples of this, so that a step of this size is exact in single precision.
    private const float Step = 1f / 1024;

    private const int Inputs = 5, Rows = 12;

    public static IEnumerable<object[]> Networks()
    {
        yield return Case(new Dense("d", Inputs, 3));
        yield return Case(new Dense("a", Inputs, 9), new Activation("b", 9, ActivationFunction.Silu), new Dense("c", 9, 1));
        yield return Case(new NtkDense("a", Inputs, 9), new ParametricActivation("b", 9, ActivationFunction.Mish), new Dropout("o", 9, 0.5f), new NtkDense("c", 9, 2));
        yield return Case(new BatchNorm("n", Inputs), new Dense("a", Inputs, 20), new BatchNorm("m", 20), new Activation("b", 20, ActivationFunction.Tanh), new Dense("c", 20, 2));
        yield return Case(new LayerNorm("n", Inputs), new Dense("a", Inputs, 7), new LayerNorm("m", 7), new Activation("b", 7, ActivationFunction.Gelu), new Dense("c", 7, 1));
        yield return Case(new Scaling("s", Inputs), new Standardization("t", Inputs), new RobustScaling("u", Inputs), new Dense("c", Inputs, 2));
        yield return Case(new Residual("r", [new Dense("a", Inputs, 8), new Activation("b", 8, ActivationFunction.Sigmoid), new Dense("c", 8, Inputs)]), new Dense("d", Inputs, 1));
        yield return Case(new PeriodicEmbedding("e", Inputs, 3, 4), new Dense("d", 20, 1));
        var numeric = new NumericEmbedding("e", Inputs, [0, 2, 3], bins: 6, frequencies: 4, width: 3);
        yield return Case(numeric, new Dense("d", numeric.Outputs, 4), new Activation("f", 4, ActivationFunction.Silu), new Dense("g", 4, 1));
        yield return Case(new MissingIndicators("i", Inputs, [1, 4]), new MissingValues("m", 7), new Dense("d", 7, 6), new Activation("f", 6, ActivationFunction.Tanh), new Dense("g", 6, 1));
        yield return Case(new EnsembleDense("a", Inputs, 6, 3, FansOut: true), new Activation("b", 18, ActivationFunction.Silu), new EnsembleDense("c", 6, 1, 3, FansOut: false));

        static object[] Case(params Layer[] layers) => [string.Join(", ", layers.Select(layer => layer.GetType().Name)), new Network(layers)];
    }

    [TestMethod]
    [DynamicData(nameof(Networks))]
    public void Backward_EveryLayer_EqualsFiniteDifferences(string name, Network network)
    {
        TrainingData data = Cases.Data(Rows, Inputs);
        foreach (ref float x in data.Features.Span) x = MathF.Round(x / Step) * Step;
        if (network.Layers[0] is MissingIndicators) data.Features.Span[6] = data.Features.Span[11] = float.NaN;
        float[] weights = Weights(network);
        double[] exact = [.. weights.Select(value => (double)value)];
        float[] slopes = new float[Rows * network.Outputs];
        var random = new Random(2);
        foreach (ref float slope in slopes.AsSpan()) slope = random.NextSingle() - 0.5f;

        float[] gradients = new float[Rows * Inputs], byTorch = new float[Rows * Inputs];
        using var passes = InputGradients.Of(network, weights);
        passes.Should().BeOfType<CpuInputGradients>();
        passes.Backward(data.Features.Span, Rows, slopes, gradients);
        using (var autograd = new TorchInputGradients(network, weights)) autograd.Backward(data.Features.Span, Rows, slopes, byTorch);
        for (int i = 0; i < gradients.Length; i++) byTorch[i].Should().BeApproximately(gradients[i], 1e-4f * MathF.Max(1, MathF.Abs(gradients[i])));

        int[] all = [.. Enumerable.Range(0, Rows)];
        for (int input = 0; input < Inputs; input++)
        {
            double[][] up = Moved(Step), down = Moved(-Step);
            for (int row = 0; row < Rows; row++)
            {
                double expected = Enumerable.Range(0, network.Outputs).Sum(j => slopes[row * network.Outputs + j] * (up[row][j] - down[row][j])) / (2 * Step);
                double got = gradients[row * Inputs + input];
                (Math.Abs(got - expected) <= 1e-4 * Math.Max(1, Math.Abs(expected))).Should().BeTrue($"{name}: by input {input} of row {row} the derivative is {got}, by differences {expected}");
            }

            double[][] Moved(float by)
            {
                TrainingData moved = data with { Features = data.Features.ToArray() };
                for (int row = 0; row < Rows; row++) moved.Features.Span[row * Inputs + input] += by;
                return new Reference(network, new SquaredError(), moved).Forward(all, exact, training: false);
            }
        }

        float[] outputs = new float[Rows * network.Outputs];
        passes.Outputs(data.Features.Span, Rows, outputs);
        double[][] reference = new Reference(network, new SquaredError(), data).Forward(all, exact, training: false);
        for (int i = 0; i < outputs.Length; i++) ((double)outputs[i]).Should().BeApproximately(reference[i / network.Outputs][i % network.Outputs], 1e-5);
    }

    /// <summary>Buffers that make sense: positive scales and variances, ascending edges.</summary>
    private static float[] Weights(Network network)
    {
        var random = new Random(5);
        float[] weights = new float[network.Layout.Length];
        foreach (ParameterSlot slot in network.Layout)
        {
            Span<float> values = slot.In(weights.AsSpan());
            foreach (ref float value in values) value = random.NextSingle() * 2 - 1;
            if (slot.Spec.Name.EndsWith(".running_var", StringComparison.Ordinal) || slot.Spec.Name.EndsWith("scale", StringComparison.Ordinal))
                foreach (ref float value in values) value = 0.5f + Math.Abs(value);
            if (!slot.Spec.Name.EndsWith(".edges", StringComparison.Ordinal)) continue;
            // Edges between the inputs: no step crosses one.
            for (int i = 0; i < values.Length; i++) values[i] = MathF.Round((-0.8f + 1.6f * (i % slot.Spec.Shape[1]) / slot.Spec.Shape[1]) / (4 * Step)) * 4 * Step + 1.5f * Step;
        }
        return weights;
    }
}
