using Microsoft.ML.NeuralNetworks.Kernels;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>y = f(x), in place unless the derivative or somebody else needs x.</summary>
internal sealed unsafe class ActivationPass(Activation layer, bool mayOverwrite) : LayerPass
{
    private readonly ActivationFunction function = layer.Function;
    private readonly int stride = Stride(layer.Size);
    private readonly bool keepsInput = Activations.KeepsInput(layer.Function);
    private readonly bool inPlace = mayOverwrite && !Activations.KeepsInput(layer.Function);
    private readonly AlignedBuffer y = new();
    private float* kept;

    public override bool KeepsOutput => !keepsInput;

    public override void Reserve(int rows)
    {
        if (!inPlace) y.Reserve(rows * stride);
    }

    public override float* Forward(float* x, in PassContext context)
    {
        float* output = inPlace ? x : y.Pointer;
        int count = context.Rows * stride;
        Activations.Apply(function, new ReadOnlySpan<float>(x, count), new Span<float>(output, count));
        kept = keepsInput ? x : output;
        return output;
    }

    public override float* Backward(float* dy, float* dx, in PassContext context)
    {
        int count = context.Rows * stride;
        Activations.Backward(function, new ReadOnlySpan<float>(kept, count), new Span<float>(dy, count));
        return dy;
    }
}
