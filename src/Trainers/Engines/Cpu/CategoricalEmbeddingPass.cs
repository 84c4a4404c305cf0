using System.Numerics.Tensors;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>The other columns, then a row of a table for each categorical column; backward, that row of the table's gradient.</summary>
internal sealed unsafe class CategoricalEmbeddingPass : LayerPass
{
    private readonly CategoricalColumn[] columns;
    private readonly int[] others, tables;
    private readonly int xStride, yStride;
    private readonly AlignedBuffer y = new();
    private float* input;

    public CategoricalEmbeddingPass(CategoricalEmbedding layer, ParameterLayout layout)
    {
        columns = [.. layer.Columns];
        others = [.. layer.Others];
        tables = [.. layer.Parameters.Select(spec => layout[spec.Name].Offset)];
        (xStride, yStride) = (Stride(layer.Inputs), Stride(layer.Outputs));
    }

    public override bool KeepsOutput => false;

    public override void Reserve(int rows) => y.Reserve(rows * yStride);

    public override float* Forward(float* x, in PassContext context)
    {
        input = x;
        for (int r = 0; r < context.Rows; r++)
        {
            float* from = x + (nint)r * xStride, to = y.Pointer + (nint)r * yStride;
            foreach (int other in others) *to++ = from[other];
            for (int i = 0; i < columns.Length; i++)
            {
                int width = columns[i].Width;
                new ReadOnlySpan<float>(context.Weight(tables[i] + Code(from, i) * width), width).CopyTo(new Span<float>(to, width));
                to += width;
            }
        }
        return y.Pointer;
    }

    public override float* Backward(float* dy, float* dx, in PassContext context)
    {
        if (!context.Accumulate)
            for (int i = 0; i < columns.Length; i++) new Span<float>(context.Gradient(tables[i]), (columns[i].Categories + 1) * columns[i].Width).Clear();
        for (int r = 0; r < context.Rows; r++)
        {
            float* from = input + (nint)r * xStride, d = dy + (nint)r * yStride;
            if (dx != null)
            {
                Span<float> back = Row(dx, r, xStride, others.Length + columns.Length);
                back.Clear();
                for (int j = 0; j < others.Length; j++) back[others[j]] = d[j];
            }
            d += others.Length;
            for (int i = 0; i < columns.Length; i++)
            {
                int width = columns[i].Width;
                var gradient = new Span<float>(context.Gradient(tables[i] + Code(from, i) * width), width);
                TensorPrimitives.Add(gradient, new ReadOnlySpan<float>(d, width), gradient);
                d += width;
            }
        }
        return dx != null ? dx : dy;
    }

    /// <summary>What is no code, NaN among it, is 0: missing.</summary>
    private int Code(float* row, int i)
    {
        float value = row[columns[i].Index];
        return value >= 0.5f && value < columns[i].Categories + 0.5f ? (int)(value + 0.5f) : 0;
    }
}
