using System.Numerics.Tensors;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>
/// z = (x - mean) / sqrt(variance + epsilon) over each row, y = z weight + bias. With e = dy weight:
/// dx = (e - mean(e) - z mean(e z)) / sqrt(variance + epsilon).
/// </summary>
internal sealed unsafe class LayerNormPass(LayerNorm layer, ParameterLayout layout) : LayerPass
{
    private readonly int size = layer.Size, stride = Stride(layer.Size);
    private readonly int weight = layout[$"{layer.Name}.weight"].Offset, bias = layout[$"{layer.Name}.bias"].Offset;
    private readonly AlignedBuffer y = new(), z = new(), inverse = new();

    public override bool KeepsOutput => false;

    public override void Reserve(int rows)
    {
        y.Reserve(rows * stride);
        z.Reserve(rows * stride);
        inverse.Reserve(rows);
    }

    public override float* Forward(float* x, in PassContext context)
    {
        var w = new ReadOnlySpan<float>(context.Weight(weight), size);
        var b = new ReadOnlySpan<float>(context.Weight(bias), size);
        for (int r = 0; r < context.Rows; r++)
        {
            Span<float> from = Row(x, r, stride, size), normal = Row(z.Pointer, r, stride, size);
            TensorPrimitives.Subtract(from, TensorPrimitives.Sum<float>(from) / size, normal);
            float deviation = 1 / MathF.Sqrt(TensorPrimitives.SumOfSquares<float>(normal) / size + layer.Epsilon);
            inverse.Pointer[r] = deviation;
            TensorPrimitives.Multiply(normal, deviation, normal);
            TensorPrimitives.MultiplyAdd(normal, w, b, Row(y.Pointer, r, stride, size));
        }
        return y.Pointer;
    }

    public override float* Backward(float* dy, float* dx, in PassContext context)
    {
        var w = new ReadOnlySpan<float>(context.Weight(weight), size);
        Span<float> dw = new(context.Gradient(weight), size), db = new(context.Gradient(bias), size);
        if (!context.Accumulate)
        {
            dw.Clear();
            db.Clear();
        }
        for (int r = 0; r < context.Rows; r++)
        {
            Span<float> d = Row(dy, r, stride, size), normal = Row(z.Pointer, r, stride, size);
            TensorPrimitives.Add(db, d, db);
            TensorPrimitives.MultiplyAdd(d, normal, dw, dw);
            if (dx == null) continue;
            TensorPrimitives.Multiply(d, w, d);
            float mean = TensorPrimitives.Sum<float>(d) / size, along = TensorPrimitives.Dot<float>(d, normal) / size;
            TensorPrimitives.Subtract(d, mean, d);
            TensorPrimitives.MultiplyAdd(normal, -along, d, d);
            TensorPrimitives.Multiply(d, inverse.Pointer[r], d);
        }
        return dy;
    }
}
