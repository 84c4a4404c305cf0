using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Kernels;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>y = (x + (f(x) - x) blend) mask: with the dropout behind it, where there is one, in the same passes over the numbers.</summary>
/// <param name="layer">The layer.</param>
/// <param name="layout">Where its parameters lie.</param>
/// <param name="mayOverwrite">Whether nobody else needs the inputs.</param>
/// <param name="dropout">The layer behind it, or null; only for more than one number per row.</param>
/// <param name="number">The dropout layer's number in the network.</param>
internal sealed unsafe class ParametricActivationPass(ParametricActivation layer, ParameterLayout layout, bool mayOverwrite, Dropout? dropout = null, int number = 0) : LayerPass
{
    // Numbers of a mask that are made and used while they are in the first cache.
    private const int MaskLength = 4096;

    private readonly ActivationFunction function = layer.Function;
    private readonly int size = layer.Size, stride = Stride(layer.Size), offset = layout[$"{layer.Name}.blend"].Offset;
    private readonly int maskRows = Math.Max(1, MaskLength / Stride(layer.Size));
    private readonly AlignedBuffer y = new(), scratch = new(), mask = new(), slope = new(), ownPush = new();
    private float* input, push;

    public override bool KeepsOutput => false;

    public override void Reserve(int rows)
    {
        y.Reserve(rows * stride);
        if (dropout is not null) mask.Reserve(maskRows * stride);
        if (size == 1)
        {
            scratch.Reserve(2 * rows);
            return;
        }
        slope.Reserve(rows * stride);
        if (!mayOverwrite) ownPush.Reserve(rows * stride);
    }

    public override float* Forward(float* x, in PassContext context)
    {
        input = x;
        float* blend = context.Weight(offset);
        if (size == 1) ForwardColumn(x, context.Rows, *blend);
        else if (context.GoesBack) ForwardRows(x, blend, context);
        else ParametricActivations.Apply(function, x, blend, y.Pointer, context.Rows, size, stride);
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
        ParametricActivations.Backward(slope.Pointer, push, dy, context.Rows, size, stride, sums, context.Accumulate);
        new Span<float>(sums + size, ParameterLayout.Padded(size) - size).Clear();
        return dy;
    }

    private void ForwardRows(float* x, float* blend, in PassContext context)
    {
        push = mayOverwrite ? x : ownPush.Pointer;
        float rate = dropout is null || !context.Training ? 0 : dropout.Rate * context.DropoutScale;
        int step = rate > 0 ? maskRows : context.Rows;
        for (int row = 0; row < context.Rows; row += step)
        {
            int rows = Math.Min(step, context.Rows - row);
            if (rate > 0) DropoutMask.Fill(mask.Span, stride, size, context.FirstRow + row, rows, rate, context.Seed, context.Step, number);
            nint at = (nint)row * stride;
            ParametricActivations.Forward(function, x + at, blend, rate > 0 ? mask.Pointer : null, y.Pointer + at, slope.Pointer + at, push + at, rows, size, stride);
        }
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
