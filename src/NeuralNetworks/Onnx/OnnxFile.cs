namespace Microsoft.ML.NeuralNetworks.Onnx;

/// <summary>A fitted network as an ONNX file of its own.</summary>
internal static class OnnxFile
{
    public static byte[] Write(FittedNetwork fitted)
    {
        var model = new OnnxModelWriter();
        string features = model.Input("Features", fitted.Network.Inputs);
        string score = OnnxOutputs.Add(model, fitted, features);
        model.Output(score, "Score", fitted.Predictions);
        if (fitted.Output is LogisticOutput) model.Output(model.Node("Sigmoid", score), "Probability", 1);
        return model.Finish();
    }
}
