using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;

namespace NeuralNetworks.Tests;

/// <summary>Networks with made-up weights.</summary>
internal static class Networks
{
    public static Network Mlp(ActivationFunction function, params int[] sizes)
    {
        var layers = new List<Layer>();
        for (int i = 1; i < sizes.Length; i++)
        {
            bool last = i == sizes.Length - 1;
            string name = last ? "output" : $"layers.{i - 1}";
            layers.Add(new Dense(name, sizes[i - 1], sizes[i]));
            if (!last) layers.Add(new Activation($"{name}.activation", sizes[i], function));
        }
        return new Network(layers);
    }

    /// <summary>Weights and biases uniform within 1/sqrt(inputs), scales near 1, buffers positive.</summary>
    public static float[] Weights(Network network, int seed = 1)
    {
        var random = new Random(seed);
        float[] weights = new float[network.Layout.Length];
        foreach (ParameterSlot slot in network.Layout)
        {
            Span<float> values = slot.In(weights.AsSpan());
            string kind = slot.Spec.Name[(slot.Spec.Name.LastIndexOf('.') + 1)..];
            float scale = 1 / MathF.Sqrt(slot.Spec.Shape[0]);
            foreach (ref float value in values)
                value = kind switch
                {
                    "running_var" or "scale" or "blend" or "input_scale" or "output_scale" => 0.5f + random.NextSingle(),
                    "frequencies" => (2 * random.NextSingle() - 1) * 0.3f,
                    "phases" => (2 * random.NextSingle() - 1) * MathF.PI,
                    "edges" => 4 * random.NextSingle() - 2,
                    _ => (2 * random.NextSingle() - 1) * scale,
                };
            if (kind == "edges")
                for (int start = 0, row = 0; start < values.Length; start += slot.Spec.Shape[1], row++)
                {
                    Span<float> edges = values.Slice(start, slot.Spec.Shape[1]);
                    edges.Sort();
                    // Some columns use fewer bins than there are.
                    int used = Math.Max(2, edges.Length - row);
                    edges[used..].Fill(edges[used - 1]);
                }
        }
        return weights;
    }

    /// <summary>A network around each kind of layer, and one with everything in it; by name.</summary>
    public static IReadOnlyDictionary<string, Network> OfEveryKind { get; } = new Dictionary<string, Network>
    {
        ["linear"] = new([new Dense("output", 6, 1)]),
        ["gelu"] = Mlp(ActivationFunction.Gelu, 6, 40, 3),
        ["dropout"] = new([new Dense("layers.0", 6, 20), new Dropout("layers.0.dropout", 20, 0.5f), new Dense("output", 20, 2)]),
        ["batchNorm"] = new([new Dense("layers.0", 6, 21), new BatchNorm("layers.0.norm", 21) { Epsilon = 1e-3f }, new Dense("output", 21, 5)]),
        ["layerNorm"] = new([new Dense("layers.0", 6, 37), new LayerNorm("layers.0.norm", 37), new Dense("output", 37, 1)]),
        ["residual"] = new(
        [
            new Dense("layers.0", 6, 33),
            new Residual("layers.1", [new LayerNorm("layers.1.norm", 33), new Dense("layers.1.a", 33, 70), new Activation("layers.1.act", 70, ActivationFunction.Silu), new Dense("layers.1.b", 70, 33)]),
            new Residual("layers.2", [new Residual("layers.2.0", [new Dense("layers.2.a", 33, 33)]), new Activation("layers.2.act", 33, ActivationFunction.Tanh)]),
            new Dense("output", 33, 2),
        ]),
        ["scaling"] = new([new Scaling("front", 6), new NtkDense("layers.0", 6, 50), new ParametricActivation("layers.0.activation", 50, ActivationFunction.Mish), new NtkDense("output", 50, 3)]),
        ["parametricSelu"] = new([new NtkDense("layers.0", 6, 5), new ParametricActivation("layers.0.activation", 5, ActivationFunction.Selu), new NtkDense("output", 5, 1)]),
        ["ensemble"] = new(
        [
            new EnsembleDense("layers.0", 6, 21, 3, FansOut: true), new ParametricActivation("layers.0.activation", 63, ActivationFunction.Mish),
            new EnsembleDense("layers.1", 21, 5, 3, FansOut: false), new Dense("output", 15, 2),
        ]),
        ["standardization"] = new([new Standardization("input", 6), new Dense("output", 6, 1)]),
        ["robustScaling"] = new([new RobustScaling("input", 6), new Dense("output", 6, 9)]),
        ["missingValues"] = new([new MissingValues("input", 6), new Dense("output", 6, 2)]),
        ["missingIndicators"] = new([new MissingIndicators("indicators", 6, [1, 4]), new MissingValues("missing", 8), new Dense("output", 8, 2)]),
        ["mlpWithFront"] = new(
        [
            new MissingIndicators("indicators", 6, [0, 3]), new MissingValues("missing", 8), new CategoricalEmbedding("categories", 8, [new CategoricalColumn(2, 3, 3), new CategoricalColumn(5, 9, 4)]),
            new NumericEmbedding("encoding", 13, [0, 1, 4], bins: 8, frequencies: 4, width: 7),
            new Dense("layers.0", 34, 20), new BatchNorm("layers.0.norm", 20), new ParametricActivation("layers.0.activation", 20, ActivationFunction.Gelu),
            new Residual("layers.1", [new Dense("layers.1", 20, 20), new LayerNorm("layers.1.norm", 20), new ParametricActivation("layers.1.activation", 20, ActivationFunction.Silu), new Dropout("layers.1.dropout", 20, 0.1f)]),
            new Dense("output", 20, 2),
        ]),
        ["standardizedFront"] = new([new MissingValues("missing", 6), new Standardization("scaling", 6), new Dense("layers.0", 6, 12), new Activation("layers.0.activation", 12, ActivationFunction.Relu), new Dense("output", 12, 1)]),
        ["categorical"] = new([new CategoricalEmbedding("input", 6, [new CategoricalColumn(1, 2, 3), new CategoricalColumn(5, 7, 10)]), new Dense("output", 17, 1)]),
        ["periodic"] = new([new PeriodicEmbedding("input", 6, 5, 20), new Dense("output", 120, 1)]),
        ["piecewise"] = new([new NumericEmbedding("input", 6, [0, 2, 3, 5], bins: 20, frequencies: 0, width: 7), new Dense("output", 34, 2)]),
        ["pbld"] = new([new NumericEmbedding("input", 6, [1, 4], bins: 0, frequencies: 16, width: 7), new Dense("output", 20, 2)]),
        ["tabular"] = new(
        [
            new MissingValues("missing", 6),
            new NumericEmbedding("embedding", 6, [0, 1, 2, 3, 4], bins: 64, frequencies: 16, width: 7),
            new Scaling("front", 41),
            new NtkDense("layers.0", 41, 64),
            new ParametricActivation("layers.0.activation", 64, ActivationFunction.Mish),
            new Dropout("layers.0.dropout", 64, 0.15f),
            new NtkDense("output", 64, 1),
        ]),
    };

    public static FittedNetwork Fitted(Network network, OutputTransform? output = null, int seed = 1) =>
        new(network, Weights(network, seed), output ?? new LinearOutput(Enumerable.Repeat(1f, network.Outputs).ToArray(), new float[network.Outputs]));

    public static float[] Rows(int rows, int columns, int seed = 2)
    {
        var random = new Random(seed);
        float[] values = new float[rows * columns];
        foreach (ref float value in values.AsSpan()) value = 4 * random.NextSingle() - 2;
        return values;
    }
}
