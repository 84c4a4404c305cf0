// A model for every language that has an ONNX runtime: the network is written to network.onnx and its weights to network.safetensors.
// The runtime must give what ML.NET gives, for every row.
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Microsoft.ML.Trainers.Torch;

var random = new Random(1);
Row[] rows = [.. Enumerable.Range(0, 2000).Select(_ => Row.Draw(random))];
var ml = new MLContext(seed: 1);
IDataView data = ml.Data.LoadFromEnumerable(rows);

var model = ml.BinaryClassification.Trainers.TorchMlp(new TorchMlpOptions
{
    HiddenLayers = [32, 32],
    Activation = ActivationFunction.Silu,
    Optimizer = Optimizers.AdamW(learningRate: 5e-3),
    Schedule = LrSchedule.Warmup(1.Epochs()).Cosine(),
    NumberOfEpochs = 20,
}).Fit(data);

FittedNetwork network = model.Model.SubModel.Network;
network.SaveOnnx("network.onnx");
network.SaveWeights("network.safetensors");
Console.WriteLine(network.Summary());
Console.WriteLine($"network.onnx         {new FileInfo("network.onnx").Length,6} bytes");
Console.WriteLine($"network.safetensors  {new FileInfo("network.safetensors").Length,6} bytes");

// The ONNX runtime, which knows nothing of ML.NET.
using var session = new InferenceSession("network.onnx");
var features = new DenseTensor<float>(rows.SelectMany(row => row.Features).ToArray(), [rows.Length, 4]);
using var results = session.Run([NamedOnnxValue.CreateFromTensor("Features", features)]);
float[] byOnnx = [.. results.Single(result => result.Name == "Probability").AsEnumerable<float>()];

float[] byMlNet = [.. model.Transform(data).GetColumn<float>("Probability")];
double difference = byOnnx.Zip(byMlNet, (a, b) => Math.Abs(a - b)).Max();
Console.WriteLine($"largest difference of {rows.Length} probabilities: {difference:0.0e+0}");
return difference < 1e-5 ? 0 : 1;

/// <summary>Inside or outside of a ring, in the first two of four features.</summary>
internal sealed record Row([property: VectorType(4)] float[] Features, bool Label)
{
    public static Row Draw(Random random)
    {
        float[] x = [.. Enumerable.Range(0, 4).Select(_ => 2 * random.NextSingle() - 1)];
        float radius = MathF.Sqrt(x[0] * x[0] + x[1] * x[1]);
        return new Row(x, radius is > 0.4f and < 0.9f);
    }
}
