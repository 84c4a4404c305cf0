using System.Numerics.Tensors;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Kernels;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>
/// Y = factor X W + b, with a rectifier behind it where the network has one there: db = the column sums of dY, and with
/// dZ = factor dY, which takes its place: dW = X' dZ, dX = dZ W'.
/// </summary>
internal sealed unsafe class DensePass : LayerPass
{
    // With fewer outputs than this, dW is computed as its transpose: the rows of a tile are the outputs, and nothing is packed.
    private const int FewOutputs = 4;

    private readonly DenseWeights packed;
    private readonly TorchProducts? torchProducts;
    private readonly bool rectified;
    private readonly float factor;
    private readonly int inputs, outputs, xStride, yStride, weightOffset, biasOffset;
    private readonly AlignedBuffer y = new(), transposed = new();
    private readonly PackedMatrix packedGradient;
    private float* input;

    public DensePass(Layer layer, ParameterLayout layout, DenseWeights packed, bool rectified)
    {
        this.packed = packed;
        this.rectified = rectified;
        (inputs, outputs) = (layer.Inputs, layer.Outputs);
        (xStride, yStride) = (Stride(inputs), Stride(outputs));
        weightOffset = layout[$"{layer.Name}.weight"].Offset;
        biasOffset = layout[$"{layer.Name}.bias"].Offset;
        factor = packed.Factor;
        if (packed.ByLibtorch) torchProducts = new TorchProducts(inputs, outputs, layout[$"{layer.Name}.weight"], factor);
        packedGradient = new PackedMatrix(torchProducts is null && outputs > DenseWeights.MostColumnsInPlace ? Gemm.DepthBlock : 0, outputs);
        if (outputs <= FewOutputs) transposed.Reserve(outputs * inputs);
    }

    public override bool KeepsOutput => rectified;

    public override void Reserve(int rows)
    {
        y.Reserve(rows * yStride);
        torchProducts?.Reserve(rows);
    }

    public override float* Forward(float* x, in PassContext context)
    {
        input = x;
        float lower = rectified ? 0 : float.NegativeInfinity;
        float* bias = context.Weight(biasOffset), w = context.Weight(weightOffset);
        if (torchProducts is not null)
        {
            torchProducts.Forward(x, xStride, context.Weights.Memory, y.Pointer, yStride, context.Rows);
            AddBias(new ReadOnlySpan<float>(bias, outputs), context.Rows);
        }
        else if (packed.Forward(w) is { } panels)
            Gemm.Multiply(x, xStride, 1, panels, bias, y.Pointer, yStride, context.Rows, outputs, inputs, lower: lower);
        else
            Dot(x, w, *bias, context.Rows, lower);
        return y.Pointer;
    }

    public override float* Backward(float* dy, float* dx, in PassContext context)
    {
        BiasGradient(dy, context);
        if (torchProducts is not null) torchProducts.WeightGradient(dy, yStride, context.Gradients!.Memory, context.Rows, context.Accumulate);
        else WeightGradient(dy, context);
        if (dx == null) return dy;
        if (torchProducts is not null) torchProducts.InputGradient(dx, xStride, context.Rows);
        else Gemm.Multiply(dy, yStride, 1, packed.Backward!.Panels, null, dx, xStride, context.Rows, inputs, outputs);
        return dx;
    }

    public override void Dispose() => torchProducts?.Dispose();

    private void AddBias(ReadOnlySpan<float> bias, int rows)
    {
        for (int r = 0; r < rows; r++)
        {
            Span<float> row = Row(y.Pointer, r, yStride, outputs);
            TensorPrimitives.Add(row, bias, row);
            if (rectified) TensorPrimitives.Max(row, 0, row);
        }
    }

    private void Dot(float* x, float* w, float bias, int rows, float lower)
    {
        if (factor == 1)
        {
            RowProduct.Dot(x, xStride, rows, inputs, w, bias, y.Pointer, 1, lower);
            return;
        }
        RowProduct.Dot(x, xStride, rows, inputs, w, 0, y.Pointer, 1);
        for (int r = 0; r < rows; r++)
        {
            float value = factor * y.Pointer[r] + bias;
            y.Pointer[r] = value < lower ? lower : value;
        }
    }

    /// <summary>The bias's gradient; dy becomes dz.</summary>
    private void BiasGradient(float* dy, in PassContext context)
    {
        float* sums = context.Gradient(biasOffset);
        if (outputs == 1)
        {
            float sum = context.Accumulate ? *sums : 0;
            for (int r = 0; r < context.Rows; r++)
            {
                if (rectified && !(y.Pointer[r] > 0)) dy[r] = 0;
                sum += dy[r];
                dy[r] *= factor;
            }
            *sums = sum;
            return;
        }
        Columns.Sum(dy, yStride, rectified ? y.Pointer : null, factor, context.Rows, outputs, sums, context.Accumulate);
        // The gradient's padding holds what another layer left there.
        new Span<float>(sums + outputs, ParameterLayout.Padded(outputs) - outputs).Clear();
    }

    private void WeightGradient(float* dz, in PassContext context)
    {
        float* dw = context.Gradient(weightOffset);
        if (outputs == 1 && inputs == 1)
        {
            RowProduct.Dot(dz, 0, 1, context.Rows, input, context.Accumulate ? *dw : 0, dw, 1);
        }
        else if (outputs == 1)
        {
            Gemm.Multiply(dz, 1, 1, Panels.Of(input, xStride), null, dw, inputs, 1, inputs, context.Rows, context.Accumulate);
        }
        else if (outputs <= FewOutputs && inputs > 1)
        {
            if (context.Accumulate)
                for (int k = 0; k < inputs; k++)
                    for (int n = 0; n < outputs; n++) transposed.Pointer[n * inputs + k] = dw[k * outputs + n];
            Gemm.Multiply(dz, 1, yStride, Panels.Of(input, xStride), null, transposed.Pointer, inputs, outputs, inputs, context.Rows, context.Accumulate);
            for (int k = 0; k < inputs; k++)
                for (int n = 0; n < outputs; n++) dw[k * outputs + n] = transposed.Pointer[n * inputs + k];
        }
        else if (outputs <= DenseWeights.MostColumnsInPlace)
        {
            Gemm.Multiply(input, 1, xStride, Panels.Of(dz, yStride), null, dw, outputs, inputs, outputs, context.Rows, context.Accumulate);
        }
        else
        {
            for (int row = 0; row < context.Rows; row += Gemm.DepthBlock)
            {
                int rows = Math.Min(Gemm.DepthBlock, context.Rows - row);
                float* block = dz + (nint)row * yStride;
                packedGradient.Pack(new ReadOnlySpan<float>(block, rows * yStride), rows, yStride);
                Gemm.Multiply(
                    input + (nint)row * xStride, 1, xStride, packedGradient.Panels, null, dw, outputs, inputs, outputs, rows,
                    context.Accumulate || row > 0);
            }
        }
    }
}
