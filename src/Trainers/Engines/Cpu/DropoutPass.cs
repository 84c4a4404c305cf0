using System.Numerics.Tensors;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>y = x mask in training, y = x otherwise.</summary>
/// <param name="layer">The layer.</param>
/// <param name="number">The layer's number in the network.</param>
internal sealed unsafe class DropoutPass(Dropout layer, int number) : LayerPass
{
    private readonly int stride = Stride(layer.Size);
    private readonly AlignedBuffer mask = new(), y = new();
    private bool dropped;

    // Where nothing is dropped, the outputs are the inputs, which somebody else may keep.
    public override bool KeepsOutput => true;

    public override void Reserve(int rows)
    {
        mask.Reserve(rows * stride);
        y.Reserve(rows * stride);
    }

    public override float* Forward(float* x, in PassContext context)
    {
        float rate = layer.Rate * context.DropoutScale;
        dropped = context.Training && rate > 0;
        if (!dropped) return x;
        int count = context.Rows * stride;
        DropoutMask.Fill(mask.Span, stride, layer.Size, context.FirstRow, context.Rows, rate, context.Seed, context.Step, number);
        TensorPrimitives.Multiply(new ReadOnlySpan<float>(x, count), mask.Span[..count], y.Span[..count]);
        return y.Pointer;
    }

    public override float* Backward(float* dy, float* dx, in PassContext context)
    {
        if (!dropped) return dy;
        var gradient = new Span<float>(dy, context.Rows * stride);
        TensorPrimitives.Multiply(gradient, mask.Span[..gradient.Length], gradient);
        return dy;
    }
}
