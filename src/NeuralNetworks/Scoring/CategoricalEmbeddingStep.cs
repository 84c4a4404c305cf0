using System.Collections.Immutable;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.NeuralNetworks.Scoring;

/// <summary>The other columns, then the vector of each categorical column's code.</summary>
internal sealed class CategoricalEmbeddingStep : ForwardStep
{
    private readonly CategoricalEmbedding layer;
    private readonly ImmutableArray<float[]> tables;

    public CategoricalEmbeddingStep(CategoricalEmbedding layer, ParameterLayout layout, ReadOnlySpan<float> weights) : base(layer.Inputs, layer.Outputs)
    {
        this.layer = layer;
        var builder = ImmutableArray.CreateBuilder<float[]>();
        foreach (ParameterSpec spec in layer.Parameters) builder.Add(layout[spec.Name].In(weights).ToArray());
        tables = builder.ToImmutable();
    }

    public override void Run(ReadOnlySpan<float> input, Span<float> output, int rows, Span<float> scratch)
    {
        ReadOnlySpan<int> others = layer.Others.AsSpan();
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<float> x = input.Slice(row * Stride(Inputs), Inputs);
            Span<float> y = output.Slice(row * Stride(Outputs), Outputs);
            for (int j = 0; j < others.Length; j++) y[j] = x[others[j]];
            y = y[others.Length..];
            for (int i = 0; i < tables.Length; i++)
            {
                CategoricalColumn column = layer.Columns[i];
                tables[i].AsSpan(Code(x[column.Index], column.Categories) * column.Width, column.Width).CopyTo(y);
                y = y[column.Width..];
            }
        }
    }

    // Numbers that are no code, NaN among them, are 0: missing.
    private static int Code(float value, int categories) => value >= 0.5f && value < categories + 0.5f ? (int)(value + 0.5f) : 0;
}
