using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>y = x, or the replacement where x is NaN.</summary>
internal sealed unsafe class MissingValuesPass(MissingValues layer, ParameterLayout layout) : LayerPass
{
    private readonly int size = layer.Size, stride = Stride(layer.Size), offset = layout[$"{layer.Name}.replacement"].Offset;
    private readonly AlignedBuffer y = new();
    private float* input;

    public override bool KeepsOutput => false;

    public override void Reserve(int rows) => y.Reserve(rows * stride);

    public override float* Forward(float* x, in PassContext context)
    {
        input = x;
        float* replacement = context.Weight(offset);
        for (int r = 0; r < context.Rows; r++)
        {
            float* from = x + (nint)r * stride, to = y.Pointer + (nint)r * stride;
            for (int j = 0; j < size; j++) to[j] = float.IsNaN(from[j]) ? replacement[j] : from[j];
        }
        return y.Pointer;
    }

    public override float* Backward(float* dy, float* dx, in PassContext context)
    {
        for (int r = 0; r < context.Rows; r++)
        {
            float* from = input + (nint)r * stride, d = dy + (nint)r * stride;
            for (int j = 0; j < size; j++) if (float.IsNaN(from[j])) d[j] = 0;
        }
        return dy;
    }
}
