using Microsoft.ML.NeuralNetworks.Kernels;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.NeuralNetworks.Scoring;

/// <summary>A function of each number.</summary>
internal sealed class ActivationStep(int size, ActivationFunction function) : ForwardStep(size, size)
{
    public override void Run(ReadOnlySpan<float> input, Span<float> output, int rows, Span<float> scratch) =>
        Activations.Apply(function, input[..(rows * Stride(Inputs))], output);
}
