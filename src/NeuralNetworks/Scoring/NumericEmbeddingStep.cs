using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.NeuralNetworks.Scoring;

/// <summary>
/// Scaling, then for each embedded column [c, p] W + b and x'. The part p W + b is one row of a table of prefix sums plus a fraction of
/// a row of W, found by the number of edges that x has reached: its cost does not depend on the number of bins.
/// </summary>
internal sealed class NumericEmbeddingStep : ForwardStep
{
    private readonly NumericEmbedding layer;
    private readonly RobustScalingStep scaling;
    private readonly int paddedFrequencies, paddedWidth, paddedEdges;
    private readonly Memory<float> angles, phases, periodic, prefix, slope, edges, inverse;

    public NumericEmbeddingStep(NumericEmbedding layer, ParameterLayout layout, ReadOnlySpan<float> weights) : base(layer.Inputs, layer.Outputs)
    {
        this.layer = layer;
        int columns = layer.Columns.Length, frequencies = layer.Frequencies, bins = layer.Bins, width = layer.Width;
        paddedFrequencies = ParameterLayout.Padded(frequencies);
        paddedWidth = ParameterLayout.Padded(width);
        paddedEdges = ParameterLayout.Padded(bins + 1);
        scaling = new RobustScalingStep(layer.Inputs, layout[$"{layer.Name}.center"].In(weights), layout[$"{layer.Name}.scale"].In(weights));
        if (frequencies > 0)
        {
            angles = PadRows(layout[$"{layer.Name}.frequencies"].In(weights), frequencies, paddedFrequencies);
            foreach (ref float angle in angles.Span) angle *= MathF.Tau;
            phases = PadRows(layout[$"{layer.Name}.phases"].In(weights), frequencies, paddedFrequencies);
        }

        periodic = AlignedMemory.Allocate<float>(checked(columns * frequencies * paddedWidth));
        slope = AlignedMemory.Allocate<float>(checked(columns * (bins + 1) * paddedWidth));
        prefix = AlignedMemory.Allocate<float>(checked(columns * (bins + 1) * paddedWidth));
        edges = AlignedMemory.Allocate<float>(checked(columns * paddedEdges));
        edges.Span.Fill(float.PositiveInfinity);
        inverse = AlignedMemory.Allocate<float>(checked(columns * (bins + 1)));
        ReadOnlySpan<float> weight = layout[$"{layer.Name}.weight"].In(weights), bias = layout[$"{layer.Name}.bias"].In(weights);
        ReadOnlySpan<float> bounds = bins > 0 ? layout[$"{layer.Name}.edges"].In(weights) : [];
        for (int column = 0; column < columns; column++)
        {
            ReadOnlySpan<float> matrix = weight.Slice(column * (frequencies + bins) * width, (frequencies + bins) * width);
            for (int h = 0; h < frequencies; h++)
                matrix.Slice(h * width, width).CopyTo(periodic.Span[((column * frequencies + h) * paddedWidth)..]);
            Span<float> sums = prefix.Span.Slice(column * (bins + 1) * paddedWidth, (bins + 1) * paddedWidth);
            bias.Slice(column * width, width).CopyTo(sums);
            for (int bin = 0; bin < bins; bin++)
            {
                ReadOnlySpan<float> row = matrix.Slice((frequencies + bin) * width, width);
                row.CopyTo(slope.Span[((column * (bins + 1) + bin) * paddedWidth)..]);
                float from = bounds[column * (bins + 1) + bin], to = bounds[column * (bins + 1) + bin + 1];
                inverse.Span[column * (bins + 1) + bin] = to > from ? 1 / (to - from) : 0;
                for (int j = 0; j < width; j++)
                    sums[(bin + 1) * paddedWidth + j] = sums[bin * paddedWidth + j] + (to > from ? row[j] : 0);
            }
            if (bins > 0) bounds.Slice(column * (bins + 1), bins + 1).CopyTo(edges.Span[(column * paddedEdges)..]);
        }
    }

    public override int ScratchPerRow => Stride(Inputs) + paddedFrequencies + paddedWidth;

    public override void Run(ReadOnlySpan<float> input, Span<float> output, int rows, Span<float> scratch)
    {
        int inputStride = Stride(Inputs), outputStride = Stride(Outputs), width = layer.Width;
        ReadOnlySpan<int> columns = layer.Columns.AsSpan(), others = layer.Others.AsSpan();
        Span<float> scaled = scratch[..(rows * inputStride)];
        Span<float> cosines = scratch.Slice(rows * inputStride, paddedFrequencies);
        Span<float> vector = scratch.Slice(rows * inputStride + paddedFrequencies, paddedWidth);
        scaling.Run(input, scaled, rows, []);
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<float> raw = input.Slice(row * inputStride, Inputs), x = scaled.Slice(row * inputStride, Inputs);
            Span<float> y = output.Slice(row * outputStride, Outputs);
            for (int i = 0; i < columns.Length; i++)
            {
                Embed(i, raw[columns[i]], x[columns[i]], cosines, vector);
                vector[..width].CopyTo(y);
                y[width] = x[columns[i]];
                y = y[(width + 1)..];
            }
            for (int j = 0; j < others.Length; j++) y[j] = x[others[j]];
        }
    }

    private void Embed(int column, float raw, float scaled, Span<float> cosines, Span<float> vector)
    {
        int frequencies = layer.Frequencies, bins = layer.Bins;
        (int bin, float fraction) = Bin(column, raw);
        ref float sums = ref MemoryMarshal.GetReference(prefix.Span[((column * (bins + 1) + bin) * paddedWidth)..]);
        ref float row = ref MemoryMarshal.GetReference(slope.Span[((column * (bins + 1) + bin) * paddedWidth)..]);
        for (int h = 0; h < paddedFrequencies; h += 16)
        {
            Vector512<float> angle = Vector512.Create<float>(angles.Span[(column * paddedFrequencies + h)..]);
            Vector512.Cos(Vector512.FusedMultiplyAdd(Vector512.Create(scaled), angle, Vector512.Create<float>(phases.Span[(column * paddedFrequencies + h)..]))).CopyTo(cosines[h..]);
        }
        ref float w = ref MemoryMarshal.GetReference(periodic.Span[(column * frequencies * paddedWidth)..]);
        for (int j = 0; j < paddedWidth; j += 16)
        {
            Vector512<float> sum = Vector512.FusedMultiplyAdd(Vector512.Create(fraction), Vector512.LoadUnsafe(ref row, (nuint)j), Vector512.LoadUnsafe(ref sums, (nuint)j));
            for (int h = 0; h < frequencies; h++)
                sum = Vector512.FusedMultiplyAdd(Vector512.Create(cosines[h]), Vector512.LoadUnsafe(ref w, (nuint)(h * paddedWidth + j)), sum);
            sum.CopyTo(vector[j..]);
        }
    }

    // The bin that x lies in and how far into it. Below the first edge: (0, 0). From the last edge on: all bins are full.
    private (int Bin, float Fraction) Bin(int column, float x)
    {
        int bins = layer.Bins;
        if (bins == 0) return (0, 0);
        ReadOnlySpan<float> bounds = edges.Span.Slice(column * paddedEdges, paddedEdges);
        int reached = 0;
        Vector512<float> value = Vector512.Create(x);
        for (int i = 0; i < paddedEdges; i += 16)
            reached += BitOperations.PopCount(Vector512.GreaterThanOrEqual(value, Vector512.Create<float>(bounds[i..])).ExtractMostSignificantBits());
        if (reached == 0) return (0, 0);
        int bin = reached - 1;
        if (bin >= bins) return (bins, 0);
        return (bin, (x - bounds[bin]) * inverse.Span[column * (bins + 1) + bin]);
    }
}
