using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Options of <c>TorchLinear</c>: one dense layer, scores = x W + b. Its parameters are <c>output.weight</c> and <c>output.bias</c>. With encodings of
/// the numbers (<see cref="NetworkOptions"/>) the score is a sum of one curve per column: a generalised additive model.
/// </summary>
public sealed class TorchLinearOptions : NetworkOptions
{
    internal override Network BuildNetwork(int inputs, int outputs) => new([new Dense("output", inputs, outputs)]);
}
