using System.Numerics.Tensors;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Kernels;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>
/// For each member i: u_i = x_i * r_i, z_i = factor u_i W, y_i = z_i * s_i + b_i. The members' rows are rows of one product, member by member. Backward, with
/// dz_i = factor dy_i * s_i: ds_i and db_i are the column sums of dy_i * z_i and dy_i, dW = sum u_i' dz_i, du_i = dz_i W', dr_i the column sums
/// of du_i * x_i, and dx_i = du_i * r_i.
/// </summary>
internal sealed unsafe class EnsembleDensePass : LayerPass
{
    private readonly DenseWeights packed;
    private readonly TorchProducts? torchProducts;
    private readonly int members, inputs, outputs, xStride, yStride, uStride, zStride, weightOffset, inputScaleOffset, outputScaleOffset, biasOffset;
    private readonly bool fansOut;
    private readonly AlignedBuffer y = new(), u = new(), z = new(), scaled = new();
    private readonly PackedMatrix packedGradient;
    private float* input;

    public EnsembleDensePass(EnsembleDense layer, ParameterLayout layout, DenseWeights packed)
    {
        this.packed = packed;
        (members, inputs, outputs, fansOut) = (layer.Members, layer.InputSize, layer.OutputSize, layer.FansOut);
        (xStride, yStride) = (Stride(layer.Inputs), Stride(layer.Outputs));
        (uStride, zStride) = (Lines(inputs), Lines(outputs));
        weightOffset = layout[$"{layer.Name}.weight"].Offset;
        inputScaleOffset = layout[$"{layer.Name}.input_scale"].Offset;
        outputScaleOffset = layout[$"{layer.Name}.output_scale"].Offset;
        biasOffset = layout[$"{layer.Name}.bias"].Offset;
        if (packed.ByLibtorch) torchProducts = new TorchProducts(inputs, outputs, layout[$"{layer.Name}.weight"], packed.Factor);
        packedGradient = new PackedMatrix(torchProducts is null ? Gemm.DepthBlock : 0, outputs);
        scaled.Reserve(outputs);
    }

    public override bool KeepsOutput => false;

    public override void Reserve(int rows)
    {
        y.Reserve(rows * yStride);
        u.Reserve(checked(rows * members * uStride));
        z.Reserve(checked(rows * members * zStride));
        torchProducts?.Reserve(rows * members);
    }

    public override float* Forward(float* x, in PassContext context)
    {
        input = x;
        int rows = context.Rows;
        for (int member = 0; member < members; member++)
        {
            var scale = new ReadOnlySpan<float>(context.Weight(inputScaleOffset + member * inputs), inputs);
            for (int r = 0; r < rows; r++) TensorPrimitives.Multiply(InputRow(x, r, member), scale, Row(u.Pointer, member * rows + r, uStride, inputs));
        }
        if (torchProducts is not null) torchProducts.Forward(u.Pointer, uStride, context.Weights.Memory, z.Pointer, zStride, rows * members);
        else Gemm.Multiply(u.Pointer, uStride, 1, packed.Forward(context.Weight(weightOffset))!.Value, null, z.Pointer, zStride, rows * members, outputs, inputs);
        for (int member = 0; member < members; member++)
        {
            var scale = new ReadOnlySpan<float>(context.Weight(outputScaleOffset + member * outputs), outputs);
            var bias = new ReadOnlySpan<float>(context.Weight(biasOffset + member * outputs), outputs);
            for (int r = 0; r < rows; r++) TensorPrimitives.MultiplyAdd(Row(z.Pointer, member * rows + r, zStride, outputs), scale, bias, OutputRow(y.Pointer, r, member));
        }
        return y.Pointer;
    }

    public override float* Backward(float* dy, float* dx, in PassContext context)
    {
        OutputGradients(dy, context);
        int rows = context.Rows * members;
        if (torchProducts is not null)
        {
            torchProducts.WeightGradient(z.Pointer, zStride, context.Gradients!.Memory, rows, context.Accumulate);
            torchProducts.InputGradient(u.Pointer, uStride, rows);
        }
        else
        {
            WeightGradient(context);
            Gemm.Multiply(z.Pointer, zStride, 1, packed.Backward!.Panels, null, u.Pointer, uStride, rows, inputs, outputs);
        }
        InputGradients(dx, context);
        return dx != null ? dx : dy;
    }

    public override void Dispose() => torchProducts?.Dispose();

    /// <summary>The gradients of s and b, and dz in the place of z.</summary>
    private void OutputGradients(float* dy, in PassContext context)
    {
        for (int member = 0; member < members; member++)
        {
            var scale = new ReadOnlySpan<float>(context.Weight(outputScaleOffset + member * outputs), outputs);
            TensorPrimitives.Multiply(scale, packed.Factor, scaled.Span);
            var scaleGradient = new Span<float>(context.Gradient(outputScaleOffset + member * outputs), outputs);
            var biasGradient = new Span<float>(context.Gradient(biasOffset + member * outputs), outputs);
            if (!context.Accumulate)
            {
                scaleGradient.Clear();
                biasGradient.Clear();
            }
            for (int r = 0; r < context.Rows; r++)
            {
                Span<float> d = OutputRow(dy, r, member), own = Row(z.Pointer, member * context.Rows + r, zStride, outputs);
                TensorPrimitives.MultiplyAdd(d, own, scaleGradient, scaleGradient);
                TensorPrimitives.Add(biasGradient, d, biasGradient);
                TensorPrimitives.Multiply(d, scaled.Span, own);
            }
        }
    }

    private void WeightGradient(in PassContext context)
    {
        float* dw = context.Gradient(weightOffset);
        int all = context.Rows * members;
        for (int row = 0; row < all; row += Gemm.DepthBlock)
        {
            int count = Math.Min(Gemm.DepthBlock, all - row);
            float* block = z.Pointer + (nint)row * zStride;
            packedGradient.Pack(new ReadOnlySpan<float>(block, count * zStride), count, zStride);
            Gemm.Multiply(u.Pointer + (nint)row * uStride, 1, uStride, packedGradient.Panels, null, dw, outputs, inputs, outputs, count, context.Accumulate || row > 0);
        }
    }

    /// <summary>From du, which lies in the place of u.</summary>
    private void InputGradients(float* dx, in PassContext context)
    {
        for (int member = 0; member < members; member++)
        {
            var scale = new ReadOnlySpan<float>(context.Weight(inputScaleOffset + member * inputs), inputs);
            var gradient = new Span<float>(context.Gradient(inputScaleOffset + member * inputs), inputs);
            if (!context.Accumulate) gradient.Clear();
            for (int r = 0; r < context.Rows; r++)
            {
                Span<float> du = Row(u.Pointer, member * context.Rows + r, uStride, inputs);
                TensorPrimitives.MultiplyAdd(du, InputRow(input, r, member), gradient, gradient);
                if (dx == null) continue;
                Span<float> back = InputRow(dx, r, member);
                if (fansOut && member > 0) TensorPrimitives.MultiplyAdd(du, scale, back, back);
                else TensorPrimitives.Multiply(du, scale, back);
            }
        }
    }

    private Span<float> InputRow(float* matrix, int row, int member) => new(matrix + (nint)row * xStride + (fansOut ? 0 : member * inputs), inputs);

    private Span<float> OutputRow(float* matrix, int row, int member) => new(matrix + (nint)row * yStride + member * outputs, outputs);
}
