using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>Options of <c>TorchLinear</c>: one dense layer, scores = x W + b. Its parameters are <c>output.weight</c> and <c>output.bias</c>.</summary>
public sealed class TorchLinearOptions : TrainingOptions
{
    internal override Network BuildNetwork(int inputs, int outputs) => new([new Dense("output", inputs, outputs)]);
}
