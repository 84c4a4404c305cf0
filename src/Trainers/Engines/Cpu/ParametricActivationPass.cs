using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Kernels;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>y = x + (f(x) - x) blend.</summary>
internal sealed unsafe class ParametricActivationPass(ParametricActivation layer, ParameterLayout layout) : LayerPass
{
    private readonly ActivationFunction function = layer.Function;
    private readonly int size = layer.Size, stride = Stride(layer.Size), offset = layout[$"{layer.Name}.blend"].Offset;
    private readonly AlignedBuffer y = new(), scratch = new();
    private float* input;

    public override bool KeepsOutput => false;

    public override void Reserve(int rows)
    {
        y.Reserve(rows * stride);
        if (size == 1) scratch.Reserve(2 * rows);
    }

    public override float* Forward(float* x, in PassContext context)
    {
        input = x;
        if (size == 1) ForwardColumn(x, context.Rows, *context.Weight(offset));
        else ParametricActivations.Apply(function, x, context.Weight(offset), y.Pointer, context.Rows, stride);
        return y.Pointer;
    }

    public override float* Backward(float* dy, float* dx, in PassContext context)
    {
        float* sums = context.Gradient(offset);
        if (size == 1)
        {
            BackwardColumn(dy, context.Rows, *context.Weight(offset), sums, context.Accumulate);
            return dy;
        }
        ParametricActivations.Backward(function, input, context.Weight(offset), dy, context.Rows, stride, sums, context.Accumulate);
        new Span<float>(sums + size, stride - size).Clear();
        return dy;
    }

    private void ForwardColumn(float* x, int rows, float blend)
    {
        Activations.Apply(function, new ReadOnlySpan<float>(x, rows), new Span<float>(y.Pointer, rows));
        for (int r = 0; r < rows; r++) y.Pointer[r] = x[r] + (y.Pointer[r] - x[r]) * blend;
    }

    private void BackwardColumn(float* dy, int rows, float blend, float* sum, bool accumulate)
    {
        Span<float> value = scratch.Span[..rows], slope = scratch.Span.Slice(rows, rows);
        var x = new ReadOnlySpan<float>(input, rows);
        Activations.Apply(function, x, value);
        slope.Fill(1);
        Activations.Backward(function, Activations.KeepsInput(function) ? x : value, slope);
        float total = accumulate ? *sum : 0;
        for (int r = 0; r < rows; r++)
        {
            total += dy[r] * (value[r] - x[r]);
            dy[r] *= 1 - blend + blend * slope[r];
        }
        *sum = total;
    }
}
