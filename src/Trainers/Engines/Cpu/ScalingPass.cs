using System.Numerics.Tensors;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>y = x weight.</summary>
internal sealed unsafe class ScalingPass(Scaling layer, ParameterLayout layout) : LayerPass
{
    private readonly int size = layer.Size, stride = Stride(layer.Size), offset = layout[$"{layer.Name}.weight"].Offset;
    private readonly AlignedBuffer y = new();
    private float* input;

    public override bool KeepsOutput => false;

    public override void Reserve(int rows) => y.Reserve(rows * stride);

    public override float* Forward(float* x, in PassContext context)
    {
        input = x;
        var weight = new ReadOnlySpan<float>(context.Weight(offset), size);
        for (int r = 0; r < context.Rows; r++) TensorPrimitives.Multiply(Row(x, r, stride, size), weight, Row(y.Pointer, r, stride, size));
        return y.Pointer;
    }

    public override float* Backward(float* dy, float* dx, in PassContext context)
    {
        var weight = new ReadOnlySpan<float>(context.Weight(offset), size);
        var gradient = new Span<float>(context.Gradient(offset), size);
        if (!context.Accumulate) gradient.Clear();
        for (int r = 0; r < context.Rows; r++)
        {
            Span<float> d = Row(dy, r, stride, size);
            TensorPrimitives.MultiplyAdd(d, Row(input, r, stride, size), gradient, gradient);
            if (dx != null) TensorPrimitives.Multiply(d, weight, d);
        }
        return dy;
    }
}
