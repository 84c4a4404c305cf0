using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.NeuralNetworks.Scoring;
using Microsoft.ML.NeuralNetworks.Serialization;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace NeuralNetworks.Tests.Models;

/// <summary>A network whose members share weights predicts what its members would as networks of their own, averaged.</summary>
[TestClass]
public sealed class SharedMembersTests
{
    private const int Members = 3, Inputs = 6, Units = 20, Rows = 40;

    public static IEnumerable<object[]> Outputs =>
    [
        ["regression", 1, new LinearOutput(3, 1) { Minimum = 0.5f, Maximum = 1.5f }],
        ["two outputs", 2, new LogisticOutput(TwoOutputs: true)],
        ["classes", 4, new SoftmaxOutput()],
        ["exponential", 1, new ExponentialOutput(2)],
    ];

    [TestMethod]
    [DynamicData(nameof(Outputs))]
    public void Score_SharedMembers_EqualsTheirAverage(string name, int outputs, OutputTransform output)
    {
        name.Should().NotBeEmpty();
        Network shared = Shared(outputs), single = new([new NtkDense("layers.0", Inputs, Units), new ParametricActivation("layers.1", Units, ActivationFunction.Selu), new NtkDense("output", Units, outputs)]);
        float[] weights = Networks.Weights(shared), rows = Networks.Rows(Rows, Inputs);
        var unfolded = new FittedNetwork(single, [.. Enumerable.Range(0, Members).Select(member => (ReadOnlyMemory<float>)Member(shared, weights, single, member))], output);
        var fitted = new FittedNetwork(shared, weights, output);

        fitted.Predictions.Should().Be(unfolded.Predictions);
        float[] got = Predict(fitted, rows), expected = Predict(unfolded, rows);
        for (int i = 0; i < got.Length; i++) got[i].Should().BeApproximately(expected[i], 2e-5f);
    }

    [TestMethod]
    [DynamicData(nameof(Outputs))]
    public void Save_SharedMembers_LoadsToTheSameBitsAndExports(string name, int outputs, OutputTransform output)
    {
        name.Should().NotBeEmpty();
        var fitted = new FittedNetwork(Shared(outputs), Networks.Weights(Shared(outputs)), output);
        float[] rows = Networks.Rows(Rows, Inputs);

        Predict(NetworkFile.Read(NetworkFile.Write(fitted)), rows).Should().Equal(Predict(fitted, rows));
        Onnx.OnnxFileTests.Compare(fitted, rows);
    }

    private static Network Shared(int outputs) => new(
    [
        new EnsembleDense("layers.0", Inputs, Units, Members, FansOut: true),
        new ParametricActivation("layers.1", Units * Members, ActivationFunction.Selu),
        new EnsembleDense("output", Units, outputs, Members, FansOut: false),
    ]);

    private static float[] Predict(FittedNetwork network, float[] rows)
    {
        float[] predictions = new float[Rows * network.Predictions];
        new NetworkScorer(network).Score(rows, Rows, predictions);
        return predictions;
    }

    /// <summary>The member's factors multiplied into the matrices.</summary>
    private static float[] Member(Network shared, float[] weights, Network single, int member)
    {
        float[] own = new float[single.Layout.Length];
        foreach (EnsembleDense layer in shared.Layers.OfType<EnsembleDense>())
        {
            Span<float> Of(string parameter) => shared.Layout[$"{layer.Name}.{parameter}"].In(weights.AsSpan());
            int outputs = layer.OutputSize;
            for (int i = 0; i < layer.InputSize; i++)
                for (int j = 0; j < outputs; j++)
                    single.Layout[$"{layer.Name}.weight"].In(own.AsSpan())[i * outputs + j] =
                        Of("input_scale")[member * layer.InputSize + i] * Of("weight")[i * outputs + j] * Of("output_scale")[member * outputs + j];
            Of("bias").Slice(member * outputs, outputs).CopyTo(single.Layout[$"{layer.Name}.bias"].In(own.AsSpan()));
        }
        shared.Layout["layers.1.blend"].In(weights.AsSpan()).Slice(member * Units, Units).CopyTo(single.Layout["layers.1.blend"].In(own.AsSpan()));
        return own;
    }
}
