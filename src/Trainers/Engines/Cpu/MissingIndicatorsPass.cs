using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>The row and what of it is NaN; backward, the gradient of the row alone.</summary>
internal sealed unsafe class MissingIndicatorsPass(MissingIndicators layer) : LayerPass
{
    private readonly int inputs = layer.Inputs, xStride = Stride(layer.Inputs), yStride = Stride(layer.Outputs);
    private readonly int[] columns = [.. layer.Columns];
    private readonly AlignedBuffer y = new();

    public override bool KeepsOutput => false;

    public override void Reserve(int rows) => y.Reserve(rows * yStride);

    public override float* Forward(float* x, in PassContext context)
    {
        for (int r = 0; r < context.Rows; r++)
        {
            Span<float> from = Row(x, r, xStride, inputs), to = Row(y.Pointer, r, yStride, inputs + columns.Length);
            from.CopyTo(to);
            for (int i = 0; i < columns.Length; i++) to[inputs + i] = float.IsNaN(from[columns[i]]) ? 1 : 0;
        }
        return y.Pointer;
    }

    public override float* Backward(float* dy, float* dx, in PassContext context)
    {
        if (dx == null) return dy;
        for (int r = 0; r < context.Rows; r++) Row(dy, r, yStride, inputs).CopyTo(Row(dx, r, xStride, inputs));
        return dx;
    }
}
