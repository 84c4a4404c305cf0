using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Kernels;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>
/// For each embedded column [c, p] W + b followed by x', then the x' of the other columns. p W is a prefix sum of rows of W plus a part
/// of the next row; backward, each row adds its gradient at one place, and suffix sums spread it over the bins in front.
/// </summary>
internal sealed unsafe class NumericEmbeddingPass : LayerPass
{
    private readonly int inputs, count, frequencies, bins, width, xStride, yStride, paddedWidth, paddedFrequencies;
    private readonly int frequencyOffset, phaseOffset, weightOffset, biasOffset, centerOffset, scaleOffset, edgeOffset;
    private readonly int[] columns, others;
    private readonly AlignedBuffer y = new(), place = new(), rates = new(), turns = new(), periodic = new(), transposed = new(), transposedGradient = new(), prefix = new(),
        rows = new(), reached = new(), partial = new(), rateGradient = new(), phaseGradient = new(), biasGradient = new(), sines = new(), cosines = new(),
        vector = new();
    private float* input;

    public NumericEmbeddingPass(NumericEmbedding layer, ParameterLayout layout)
    {
        (inputs, count, frequencies, bins, width) = (layer.Inputs, layer.Columns.Length, layer.Frequencies, layer.Bins, layer.Width);
        columns = [.. layer.Columns];
        others = [.. layer.Others];
        (xStride, yStride) = (Stride(inputs), Stride(layer.Outputs));
        paddedWidth = ParameterLayout.Padded(width);
        paddedFrequencies = ParameterLayout.Padded(frequencies);
        if (frequencies > 0)
        {
            frequencyOffset = layout[$"{layer.Name}.frequencies"].Offset;
            phaseOffset = layout[$"{layer.Name}.phases"].Offset;
        }
        if (bins > 0) edgeOffset = layout[$"{layer.Name}.edges"].Offset;
        weightOffset = layout[$"{layer.Name}.weight"].Offset;
        biasOffset = layout[$"{layer.Name}.bias"].Offset;
        centerOffset = layout[$"{layer.Name}.center"].Offset;
        scaleOffset = layout[$"{layer.Name}.scale"].Offset;
        foreach (AlignedBuffer buffer in new[] { rates, turns, rateGradient, phaseGradient }) buffer.Reserve(count * paddedFrequencies);
        periodic.Reserve(count * frequencies * paddedWidth);
        foreach (AlignedBuffer buffer in new[] { transposed, transposedGradient }) buffer.Reserve(count * width * paddedFrequencies);
        // One row more than bins: the place beyond the last edge, where nothing follows.
        foreach (AlignedBuffer buffer in new[] { prefix, rows, reached, partial }) buffer.Reserve(count * (bins + 1) * paddedWidth);
        biasGradient.Reserve(count * paddedWidth);
        sines.Reserve(paddedFrequencies);
        cosines.Reserve(paddedFrequencies);
        vector.Reserve(paddedWidth);
    }

    public override bool KeepsOutput => false;

    public override void Reserve(int rows)
    {
        y.Reserve(rows * yStride);
        place.Reserve(rows * count * 2);
    }

    public override float* Forward(float* x, in PassContext context)
    {
        input = x;
        Prepare(context);
        float* center = context.Weight(centerOffset), scale = context.Weight(scaleOffset);
        for (int r = 0; r < context.Rows; r++)
        {
            float* from = x + (nint)r * xStride, to = y.Pointer + (nint)r * yStride;
            for (int i = 0; i < count; i++)
            {
                int column = columns[i];
                float scaled = RobustScalingPass.Scale(from[column], center[column], scale[column]);
                Locate(from[column], context.Weight(edgeOffset + i * (bins + 1)), out int bin, out float fraction);
                float* at = place.Pointer + ((nint)r * count + i) * 2;
                (at[0], at[1]) = (bin, fraction);
                int row = (i * (bins + 1) + bin) * paddedWidth;
                new ReadOnlySpan<float>(prefix.Pointer + row, paddedWidth).CopyTo(vector.Span);
                Encodings.MultiplyAdd(&fraction, 1, rows.Pointer + row, vector.Pointer, paddedWidth);
                if (frequencies > 0)
                {
                    Encode(scaled, i);
                    Encodings.MultiplyAdd(cosines.Pointer, frequencies, periodic.Pointer + i * frequencies * paddedWidth, vector.Pointer, paddedWidth);
                }
                new ReadOnlySpan<float>(vector.Pointer, width).CopyTo(new Span<float>(to, width));
                to[width] = scaled;
                to += width + 1;
            }
            foreach (int other in others) *to++ = RobustScalingPass.Scale(from[other], center[other], scale[other]);
        }
        return y.Pointer;
    }

    public override float* Backward(float* dy, float* dx, in PassContext context)
    {
        transposedGradient.Span.Clear();
        reached.Span.Clear();
        partial.Span.Clear();
        rateGradient.Span.Clear();
        phaseGradient.Span.Clear();
        biasGradient.Span.Clear();
        vector.Span.Clear();
        float* center = context.Weight(centerOffset), scale = context.Weight(scaleOffset);
        for (int r = 0; r < context.Rows; r++)
        {
            float* from = input + (nint)r * xStride, d = dy + (nint)r * yStride, back = dx == null ? null : dx + (nint)r * xStride;
            for (int i = 0; i < count; i++, d += width + 1)
            {
                int column = columns[i], bin = (int)place.Pointer[((nint)r * count + i) * 2];
                float fraction = place.Pointer[((nint)r * count + i) * 2 + 1];
                new ReadOnlySpan<float>(d, width).CopyTo(vector.Span);
                int row = (i * (bins + 1) + bin) * paddedWidth;
                Vectors.Add(biasGradient.Span.Slice(i * paddedWidth, paddedWidth), vector.Span);
                Vectors.Add(reached.Span.Slice(row, paddedWidth), vector.Span);
                float along = 0;
                Encodings.Backward(&fraction, 1, rows.Pointer + row, partial.Pointer + row, vector.Pointer, &along, paddedWidth);
                float scaled = frequencies > 0 || back != null ? RobustScalingPass.Scale(from[column], center[column], scale[column]) : 0;
                float scaledGradient = d[width];
                if (frequencies > 0) scaledGradient += BackwardPeriodic(scaled, i, d);
                if (back != null)
                {
                    float* edges = context.Weight(edgeOffset + i * (bins + 1));
                    float length = bins > 0 && bin < bins && from[column] >= edges[0] ? edges[bin + 1] - edges[bin] : 0;
                    back[column] = scaledGradient * RobustScalingPass.Slope(from[column], center[column], scale[column]) + (length > 0 ? along / length : 0);
                }
            }
            if (back != null)
                foreach (int other in others) back[other] = *d++ * RobustScalingPass.Slope(from[other], center[other], scale[other]);
        }
        Deliver(context);
        return dx != null ? dx : dy;
    }

    private float BackwardPeriodic(float scaled, int i, float* d)
    {
        int rate = i * paddedFrequencies, matrix = i * width * paddedFrequencies;
        return Encodings.CosinesBackward(
            scaled, rates.Pointer + rate, turns.Pointer + rate, transposed.Pointer + matrix, d, width, paddedFrequencies,
            transposedGradient.Pointer + matrix, rateGradient.Pointer + rate, phaseGradient.Pointer + rate);
    }

    /// <summary>Weights with padded rows, and the prefix sums of the bins' rows on top of the bias.</summary>
    private void Prepare(in PassContext context)
    {
        if (frequencies > 0)
        {
            PaddedRows.Spread(context.Weight(frequencyOffset), count, frequencies, rates.Pointer, paddedFrequencies);
            PaddedRows.Spread(context.Weight(phaseOffset), count, frequencies, turns.Pointer, paddedFrequencies);
            foreach (ref float turn in turns.Span) turn *= 1 / MathF.Tau;
        }
        for (int i = 0; i < count; i++)
        {
            float* weight = context.Weight(weightOffset + i * (frequencies + bins) * width), edges = context.Weight(edgeOffset + i * (bins + 1));
            PaddedRows.Spread(weight, frequencies, width, periodic.Pointer + i * frequencies * paddedWidth, paddedWidth);
            for (int h = 0; h < frequencies; h++)
                for (int j = 0; j < width; j++) transposed.Pointer[(i * width + j) * paddedFrequencies + h] = weight[h * width + j];
            float* sums = prefix.Pointer + i * (bins + 1) * paddedWidth, own = rows.Pointer + i * (bins + 1) * paddedWidth;
            PaddedRows.Spread(context.Weight(biasOffset + i * width), 1, width, sums, paddedWidth);
            PaddedRows.Spread(weight + frequencies * width, bins, width, own, paddedWidth);
            for (int bin = 0; bin < bins; bin++)
            {
                bool used = edges[bin + 1] > edges[bin];
                for (int j = 0; j < width; j++)
                    sums[(bin + 1) * paddedWidth + j] = sums[bin * paddedWidth + j] + (used ? own[bin * paddedWidth + j] : 0);
            }
        }
    }

    private void Deliver(in PassContext context)
    {
        if (frequencies > 0)
        {
            PaddedRows.Gather(rateGradient.Pointer, paddedFrequencies, count, frequencies, context.Gradient(frequencyOffset), context.Accumulate);
            PaddedRows.Gather(phaseGradient.Pointer, paddedFrequencies, count, frequencies, context.Gradient(phaseOffset), context.Accumulate);
        }
        PaddedRows.Gather(biasGradient.Pointer, paddedWidth, count, width, context.Gradient(biasOffset), context.Accumulate);
        for (int i = 0; i < count; i++)
        {
            float* edges = context.Weight(edgeOffset + i * (bins + 1));
            float* counts = reached.Pointer + i * (bins + 1) * paddedWidth, parts = partial.Pointer + i * (bins + 1) * paddedWidth;
            // A bin is full for every row that lies in a later one.
            for (int bin = bins - 1; bin >= 0; bin--)
            {
                bool used = edges[bin + 1] > edges[bin];
                for (int j = 0; j < paddedWidth; j++)
                {
                    parts[bin * paddedWidth + j] = used ? parts[bin * paddedWidth + j] + counts[(bin + 1) * paddedWidth + j] : 0;
                    counts[bin * paddedWidth + j] += counts[(bin + 1) * paddedWidth + j];
                }
            }
            int at = weightOffset + i * (frequencies + bins) * width;
            float* gradient = context.Gradient(at);
            for (int h = 0; h < frequencies; h++)
                for (int j = 0; j < width; j++)
                {
                    float value = transposedGradient.Pointer[(i * width + j) * paddedFrequencies + h];
                    gradient[h * width + j] = context.Accumulate ? gradient[h * width + j] + value : value;
                }
            PaddedRows.Gather(parts, paddedWidth, bins, width, context.Gradient(at + frequencies * width), context.Accumulate);
        }
    }

    private void Encode(float scaled, int i) =>
        Encodings.SinCos(scaled, rates.Pointer + i * paddedFrequencies, turns.Pointer + i * paddedFrequencies, sines.Pointer, cosines.Pointer, paddedFrequencies);

    /// <summary>The bin that x lies in and how far into it. Below the first edge: (0, 0). From the last edge on: (bins, 0).</summary>
    private void Locate(float x, float* edges, out int bin, out float fraction)
    {
        (bin, fraction) = (0, 0);
        if (bins == 0) return;
        int low = 0, high = bins + 1;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (edges[middle] <= x) low = middle + 1;
            else high = middle;
        }
        if (low == 0) return;
        bin = low - 1;
        if (bin >= bins)
        {
            bin = bins;
            return;
        }
        float length = edges[bin + 1] - edges[bin];
        fraction = length > 0 ? (x - edges[bin]) / length : 0;
    }
}
