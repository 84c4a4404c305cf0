using System.Numerics.Tensors;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>
/// z = (x - mean) / sqrt(variance + epsilon) over each column of the batch, y = z weight + bias. With e = dy weight:
/// dx = (e - mean(e) - z mean(e z)) / sqrt(variance + epsilon), means over the rows. A block must be the whole batch. In scoring mean and variance are
/// constants, and dx = e / sqrt(variance + epsilon).
/// </summary>
internal sealed unsafe class BatchNormPass : LayerPass
{
    private readonly BatchNorm layer;
    private readonly int size, stride, weight, bias, runningMean, runningVariance;
    private readonly AlignedBuffer y = new(), z = new();
    private readonly float[] mean, inverse, scratch;

    public BatchNormPass(BatchNorm layer, ParameterLayout layout)
    {
        this.layer = layer;
        size = layer.Size;
        stride = Stride(size);
        weight = layout[$"{layer.Name}.weight"].Offset;
        bias = layout[$"{layer.Name}.bias"].Offset;
        runningMean = layout[$"{layer.Name}.running_mean"].Offset;
        runningVariance = layout[$"{layer.Name}.running_var"].Offset;
        (mean, inverse, scratch) = (new float[size], new float[size], new float[size]);
    }

    public override bool KeepsOutput => false;

    public override void Reserve(int rows)
    {
        y.Reserve(rows * stride);
        z.Reserve(rows * stride);
    }

    public override float* Forward(float* x, in PassContext context)
    {
        if (context.Training) MeasureBatch(x, context);
        else
        {
            new ReadOnlySpan<float>(context.Weight(runningMean), size).CopyTo(mean);
            new ReadOnlySpan<float>(context.Weight(runningVariance), size).CopyTo(inverse);
            InvertRoots();
        }
        var w = new ReadOnlySpan<float>(context.Weight(weight), size);
        var b = new ReadOnlySpan<float>(context.Weight(bias), size);
        for (int r = 0; r < context.Rows; r++)
        {
            Span<float> normal = Row(z.Pointer, r, stride, size);
            TensorPrimitives.Subtract(Row(x, r, stride, size), mean, normal);
            TensorPrimitives.Multiply(normal, inverse, normal);
            TensorPrimitives.MultiplyAdd(normal, w, b, Row(y.Pointer, r, stride, size));
        }
        return y.Pointer;
    }

    public override float* Backward(float* dy, float* dx, in PassContext context)
    {
        Span<float> dw = new(context.Gradient(weight), size), db = new(context.Gradient(bias), size), along = scratch, sum = mean;
        along.Clear();
        sum.Clear();
        for (int r = 0; r < context.Rows; r++)
        {
            Span<float> d = Row(dy, r, stride, size);
            TensorPrimitives.Add(sum, d, sum);
            TensorPrimitives.MultiplyAdd(d, Row(z.Pointer, r, stride, size), along, along);
        }
        if (context.Accumulate)
        {
            TensorPrimitives.Add(dw, along, dw);
            TensorPrimitives.Add(db, sum, db);
        }
        else
        {
            along.CopyTo(dw);
            sum.CopyTo(db);
        }
        if (dx == null) return dy;
        // mean(e) and mean(e z) are the weight times the means of dy and dy z.
        TensorPrimitives.Divide(along, -context.Rows, along);
        TensorPrimitives.Divide(sum, context.Rows, sum);
        TensorPrimitives.Multiply(inverse, new ReadOnlySpan<float>(context.Weight(weight), size), inverse);
        for (int r = 0; r < context.Rows; r++)
        {
            Span<float> d = Row(dy, r, stride, size);
            if (context.Training)
            {
                TensorPrimitives.Subtract(d, sum, d);
                TensorPrimitives.MultiplyAdd(Row(z.Pointer, r, stride, size), along, d, d);
            }
            TensorPrimitives.Multiply(d, inverse, d);
        }
        return dy;
    }

    private void MeasureBatch(float* x, in PassContext context)
    {
        int rows = context.Rows;
        Array.Clear(mean);
        Array.Clear(inverse);
        for (int r = 0; r < rows; r++) TensorPrimitives.Add(mean, Row(x, r, stride, size), mean);
        TensorPrimitives.Divide(mean, rows, mean);
        for (int r = 0; r < rows; r++)
        {
            TensorPrimitives.Subtract(Row(x, r, stride, size), mean, scratch);
            TensorPrimitives.MultiplyAdd(scratch, scratch, inverse, inverse);
        }
        Span<float> average = new(context.Weight(runningMean), size), variance = new(context.Weight(runningVariance), size);
        float momentum = layer.Momentum, unbiased = momentum / Math.Max(1, rows - 1);
        for (int j = 0; j < size; j++)
        {
            average[j] += momentum * (mean[j] - average[j]);
            variance[j] = (1 - momentum) * variance[j] + unbiased * inverse[j];
            inverse[j] /= rows;
        }
        InvertRoots();
    }

    private void InvertRoots()
    {
        for (int j = 0; j < size; j++) inverse[j] = 1 / MathF.Sqrt(inverse[j] + layer.Epsilon);
    }
}
