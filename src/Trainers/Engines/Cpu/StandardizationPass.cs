using System.Numerics.Tensors;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>y = (x - mean) scale, both fixed.</summary>
internal sealed unsafe class StandardizationPass(Standardization layer, ParameterLayout layout) : LayerPass
{
    private readonly int size = layer.Size, stride = Stride(layer.Size);
    private readonly int mean = layout[$"{layer.Name}.mean"].Offset, scale = layout[$"{layer.Name}.scale"].Offset;
    private readonly AlignedBuffer y = new();

    public override bool KeepsOutput => false;

    public override void Reserve(int rows) => y.Reserve(rows * stride);

    public override float* Forward(float* x, in PassContext context)
    {
        var center = new ReadOnlySpan<float>(context.Weight(mean), size);
        var factor = new ReadOnlySpan<float>(context.Weight(scale), size);
        for (int r = 0; r < context.Rows; r++)
        {
            Span<float> row = Row(y.Pointer, r, stride, size);
            TensorPrimitives.Subtract(Row(x, r, stride, size), center, row);
            TensorPrimitives.Multiply(row, factor, row);
        }
        return y.Pointer;
    }

    public override float* Backward(float* dy, float* dx, in PassContext context)
    {
        var factor = new ReadOnlySpan<float>(context.Weight(scale), size);
        for (int r = 0; r < context.Rows; r++)
        {
            Span<float> d = Row(dy, r, stride, size);
            TensorPrimitives.Multiply(d, factor, d);
        }
        return dy;
    }
}
