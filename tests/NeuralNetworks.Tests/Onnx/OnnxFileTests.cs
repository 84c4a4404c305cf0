using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.NeuralNetworks.Onnx;
using Microsoft.ML.NeuralNetworks.Scoring;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NeuralNetworks.Tests.Models;

namespace NeuralNetworks.Tests.Onnx;

[TestClass]
public sealed class OnnxFileTests
{
    private const int Rows = 40;

    public static IEnumerable<object[]> Kinds => Networks.OfEveryKind.Keys.Select(kind => new object[] { kind });

    public static IEnumerable<object[]> Functions => Enum.GetValues<ActivationFunction>().Select(function => new object[] { function });

    public static IEnumerable<object[]> Outputs =>
    [
        ["clamped", 1, 1, new LinearOutput(3, 1) { Minimum = 0.5f, Maximum = 1.5f }],
        ["clamped, 3 networks", 1, 3, new LinearOutput(3, 1) { Minimum = 0.5f, Maximum = 1.5f }],
        ["quantiles", 3, 2, new LinearOutput([1, 2, 3], [0, 0, 0.1f]) { Ascending = true }],
        ["exponential", 1, 1, new ExponentialOutput()],
        ["exponential, 2 networks", 1, 2, new ExponentialOutput(Scale: 3)],
        ["softmax", 4, 1, new SoftmaxOutput()],
        ["softmax, 2 networks", 4, 2, new SoftmaxOutput()],
        ["logistic", 1, 1, new LogisticOutput()],
        ["logistic of two outputs", 2, 1, new LogisticOutput(TwoOutputs: true)],
        ["logistic, 4 networks", 1, 4, new LogisticOutput()],
        ["logistic within bounds", 1, 1, new LogisticOutput { Minimum = -0.1f, Maximum = 0.2f }],
        ["logistic within bounds, 4 networks", 1, 4, new LogisticOutput { Minimum = -0.1f, Maximum = 0.2f }],
    ];

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void Write_EveryKindOfLayer_ScoresAsTheModelDoes(string kind)
    {
        Network network = Networks.OfEveryKind[kind];
        float[] rows = Networks.Rows(Rows, network.Inputs);
        // Category codes: known, unknown and missing ones.
        for (int i = 0; i < rows.Length; i += 2) rows[i] = i % 11 - 1;
        if (network.Layers[0] is MissingValues or MissingIndicators)
            for (int i = 0; i < rows.Length; i += 7) rows[i] = float.NaN;

        Compare(Networks.Fitted(network), rows);
    }

    [TestMethod]
    [DynamicData(nameof(Functions))]
    public void Write_EveryActivation_ScoresAsTheModelDoes(ActivationFunction function)
    {
        float[] rows = [.. Networks.Rows(Rows, 4).Select(value => value * 10)];

        Compare(Networks.Fitted(Networks.Mlp(function, 4, 30, 2)), rows);
    }

    [TestMethod]
    [DynamicData(nameof(Outputs))]
    public void Write_EveryOutput_ScoresAsTheModelDoes(string name, int networkOutputs, int members, OutputTransform output)
    {
        Network network = Networks.Mlp(ActivationFunction.Relu, 5, 20, networkOutputs);
        var fitted = new FittedNetwork(network, [.. Enumerable.Range(0, members).Select(member => (ReadOnlyMemory<float>)Networks.Weights(network, member + 1))], output);
        name.Should().NotBeEmpty();

        Compare(fitted, Networks.Rows(Rows, 5));
    }

    [TestMethod]
    public void Write_Logistic_AddsTheProbability()
    {
        FittedNetwork fitted = Networks.Fitted(Networks.Mlp(ActivationFunction.Relu, 5, 20, 1), new LogisticOutput());
        float[] rows = Networks.Rows(Rows, 5);

        float[] scores = Run(OnnxFile.Write(fitted), rows, 5, "Score"), probabilities = Run(OnnxFile.Write(fitted), rows, 5, "Probability");

        for (int i = 0; i < Rows; i++) probabilities[i].Should().BeApproximately(1 / (1 + MathF.Exp(-scores[i])), 1e-6f);
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void SaveOnnx_ThenApplyOnnxModel_GivesTheSameScores(string kind)
    {
        var context = new MLContext(1);
        IDataView data = Transformers.Data(context);
        FittedNetwork network = Networks.Fitted(Networks.OfEveryKind[kind]);
        float[] features = [.. data.GetColumn<float[]>("Features").SelectMany(row => row)], expected = new float[features.Length / network.Network.Inputs * network.Predictions];
        network.Predict(features, expected);
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.onnx");
        try
        {
            network.SaveOnnx(path);
            network.SaveOnnx(path);

            IDataView scored = context.Transforms.ApplyOnnxModel("Score", "Features", path).Fit(data).Transform(data);

            float[] scores = [.. scored.GetColumn<float[]>("Score").SelectMany(score => score)];
            scores.Should().HaveCount(expected.Length);
            for (int i = 0; i < expected.Length; i++) scores[i].Should().BeApproximately(expected[i], 1e-5f * MathF.Max(1, MathF.Abs(expected[i])));
            Directory.GetFiles(Path.GetDirectoryName(path)!, Path.GetFileName(path) + "*").Should().Equal(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [TestMethod]
    public void SaveOnnx_IntoAMissingFolder_Throws() =>
        FluentActions.Invoking(() => Networks.Fitted(Networks.OfEveryKind["linear"]).SaveOnnx(Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N"), "a.onnx")))
            .Should().Throw<DirectoryNotFoundException>();

    internal static float[] Run(byte[] file, float[] rows, int columns, string output)
    {
        using var session = new InferenceSession(file);
        using var results = session.Run([NamedOnnxValue.CreateFromTensor("Features", new DenseTensor<float>(rows, [rows.Length / columns, columns]))], [output]);
        return [.. results.Single().AsEnumerable<float>()];
    }

    internal static void Compare(FittedNetwork fitted, float[] rows)
    {
        float[] expected = new float[Rows * fitted.Predictions];
        new NetworkScorer(fitted).Score(rows, Rows, expected);

        float[] scores = Run(OnnxFile.Write(fitted), rows, fitted.Network.Inputs, "Score");

        scores.Should().HaveCount(expected.Length);
        for (int i = 0; i < expected.Length; i++) scores[i].Should().BeApproximately(expected[i], 1e-5f * MathF.Max(1, MathF.Abs(expected[i])));
    }
}
