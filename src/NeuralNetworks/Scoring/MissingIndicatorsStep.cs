using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.NeuralNetworks.Scoring;

/// <summary>The row, then 1 for each column that is NaN and 0 for each that is not.</summary>
internal sealed class MissingIndicatorsStep(MissingIndicators layer) : ForwardStep(layer.Inputs, layer.Outputs)
{
    public override void Run(ReadOnlySpan<float> input, Span<float> output, int rows, Span<float> scratch)
    {
        ReadOnlySpan<int> columns = layer.Columns.AsSpan();
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<float> x = input.Slice(row * Stride(Inputs), Inputs);
            Span<float> y = output.Slice(row * Stride(Outputs), Outputs);
            x.CopyTo(y);
            for (int i = 0; i < columns.Length; i++) y[Inputs + i] = float.IsNaN(x[columns[i]]) ? 1 : 0;
        }
    }
}
