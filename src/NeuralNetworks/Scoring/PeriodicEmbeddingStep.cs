using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.NeuralNetworks.Scoring;

/// <summary>max(0, [sin(2 pi c x), cos(2 pi c x)] W + b) for each number x.</summary>
internal sealed class PeriodicEmbeddingStep : ForwardStep
{
    private readonly int frequencies, width, paddedFrequencies, paddedWidth;
    private readonly Memory<float> angles, weight, bias;

    public PeriodicEmbeddingStep(PeriodicEmbedding layer, ParameterLayout layout, ReadOnlySpan<float> weights) : base(layer.Inputs, layer.Outputs)
    {
        frequencies = layer.Frequencies;
        width = layer.Width;
        paddedFrequencies = ParameterLayout.Padded(frequencies);
        paddedWidth = ParameterLayout.Padded(width);
        angles = PadRows(layout[$"{layer.Name}.frequencies"].In(weights), frequencies, paddedFrequencies);
        foreach (ref float angle in angles.Span) angle *= MathF.Tau;
        weight = PadRows(layout[$"{layer.Name}.weight"].In(weights), width, paddedWidth);
        bias = PadRows(layout[$"{layer.Name}.bias"].In(weights), width, paddedWidth);
    }

    public override int ScratchPerRow => 2 * paddedFrequencies + paddedWidth;

    public override void Run(ReadOnlySpan<float> input, Span<float> output, int rows, Span<float> scratch)
    {
        Span<float> sines = scratch[..paddedFrequencies], cosines = scratch.Slice(paddedFrequencies, paddedFrequencies), vector = scratch.Slice(2 * paddedFrequencies, paddedWidth);
        for (int row = 0; row < rows; row++)
            for (int column = 0; column < Inputs; column++)
            {
                Vector512<float> x = Vector512.Create(input[row * Stride(Inputs) + column]);
                ReadOnlySpan<float> rates = angles.Span.Slice(column * paddedFrequencies, paddedFrequencies);
                for (int h = 0; h < paddedFrequencies; h += 16)
                {
                    (Vector512<float> sine, Vector512<float> cosine) = Vector512.SinCos(x * Vector512.Create<float>(rates[h..]));
                    sine.CopyTo(sines[h..]);
                    cosine.CopyTo(cosines[h..]);
                }
                ReadOnlySpan<float> matrix = weight.Span.Slice(column * 2 * frequencies * paddedWidth, 2 * frequencies * paddedWidth);
                ref float w = ref MemoryMarshal.GetReference(matrix);
                for (int j = 0; j < paddedWidth; j += 16)
                {
                    Vector512<float> sum = Vector512.Create<float>(bias.Span[(column * paddedWidth + j)..]);
                    for (int h = 0; h < frequencies; h++)
                    {
                        sum = Vector512.FusedMultiplyAdd(Vector512.Create(sines[h]), Vector512.LoadUnsafe(ref w, (nuint)(h * paddedWidth + j)), sum);
                        sum = Vector512.FusedMultiplyAdd(Vector512.Create(cosines[h]), Vector512.LoadUnsafe(ref w, (nuint)((frequencies + h) * paddedWidth + j)), sum);
                    }
                    Vector512.Max(sum, Vector512<float>.Zero).CopyTo(vector[j..]);
                }
                vector[..width].CopyTo(output[(row * Stride(Outputs) + column * width)..]);
            }
    }
}
