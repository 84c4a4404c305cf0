using Microsoft.ML;
using Microsoft.ML.Model.OnnxConverter;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.NeuralNetworks.Onnx;
using Microsoft.ML.NeuralNetworks.Scoring;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace NeuralNetworks.Tests.Onnx;

[TestClass]
public sealed class OnnxContextGraphTests
{
    private const int Rows = 30;

    private readonly MLContext context = new(1);

    [TestMethod]
    public void SaveAsOnnx_Regression_AddsTheScore()
    {
        FittedNetwork fitted = Networks.Fitted(Networks.OfEveryKind["tabular"]);
        var onnx = new RecordingContext(operatorSet: 12);
        string score = onnx.AddIntermediateVariable(null!, "Score");

        ((ISingleCanSaveOnnx)new NetworkRegressionModelParameters(context, fitted)).SaveAsOnnx(onnx, [score], "Features").Should().BeTrue();

        float[] rows = Networks.Rows(Rows, 6), expected = new float[Rows];
        new NetworkScorer(fitted).Score(rows, Rows, expected);
        float[] scores = OnnxFileTests.Run(onnx.Finish(6, score, 1), rows, 6, score);
        for (int i = 0; i < Rows; i++) scores[i].Should().BeApproximately(expected[i], 1e-5f);
    }

    [TestMethod]
    public void SaveAsOnnx_Multiclass_AddsTheLabelFromOne()
    {
        FittedNetwork fitted = Networks.Fitted(Networks.Mlp(ActivationFunction.Gelu, 6, 20, 4), new SoftmaxOutput());
        var onnx = new RecordingContext(operatorSet: 12);
        string label = onnx.AddIntermediateVariable(null!, "PredictedLabel"), score = onnx.AddIntermediateVariable(null!, "Score");

        ((ISingleCanSaveOnnx)new NetworkMulticlassModelParameters(context, fitted)).SaveAsOnnx(onnx, [label, score], "Features").Should().BeTrue();

        float[] rows = Networks.Rows(Rows, 6), expected = new float[Rows * 4];
        new NetworkScorer(fitted).Score(rows, Rows, expected);
        using var session = new InferenceSession(onnx.Finish(6, label, 1, OnnxGraph.UInt32));
        using var results = session.Run([NamedOnnxValue.CreateFromTensor("Features", new DenseTensor<float>(rows, [Rows, 6]))]);
        uint[] labels = [.. results.Single().AsEnumerable<uint>()];
        for (int i = 0; i < Rows; i++)
        {
            float[] probabilities = expected[(i * 4)..((i + 1) * 4)];
            labels[i].Should().Be((uint)Array.IndexOf(probabilities, probabilities.Max()) + 1);
        }
    }

    [TestMethod]
    public void SaveAsOnnx_OldOperatorSet_IsRefused()
    {
        ISingleCanSaveOnnx model = new NetworkRegressionModelParameters(context, Networks.Fitted(Networks.OfEveryKind["linear"]));

        model.CanSaveOnnx(new RecordingContext(9)).Should().BeTrue();
        FluentActions.Invoking(() => model.SaveAsOnnx(new RecordingContext(9), ["Score"], "Features")).Should().Throw<InvalidOperationException>();
    }
}
