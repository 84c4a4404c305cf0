using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Kernels;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>
/// For each embedded column [c, p] W + b followed by x', then the x' of the other columns; one column of a block after the other. p W is a
/// prefix sum of rows of W plus a part of the next row; backward, each row adds its gradient at one place, and suffix sums spread it over the
/// bins in front.
/// </summary>
internal sealed unsafe class NumericEmbeddingPass : LayerPass
{
    private readonly int inputs, count, frequencies, bins, width, xStride, yStride, paddedWidth, paddedFrequencies;
    private readonly int frequencyOffset, phaseOffset, weightOffset, biasOffset, centerOffset, scaleOffset, edgeOffset;
    private readonly int[] columns, others;
    private readonly AlignedBuffer y = new(), bin = new(), fraction = new(), raw = new(), scaled = new(), back = new(), along = new(), cosines = new(),
        rates = new(), turns = new(), periodic = new(), transposed = new(), transposedGradient = new(), prefix = new(),
        rows = new(), reached = new(), partial = new(), rateGradient = new(), phaseGradient = new();
    private readonly LocatedRows? located;
    private float* input;
    private int room;

    public NumericEmbeddingPass(NumericEmbedding layer, ParameterLayout layout, LocatedRows? located)
    {
        this.located = located;
        (inputs, count, frequencies, bins, width) = (layer.Inputs, layer.Columns.Length, layer.Frequencies, layer.Bins, layer.Width);
        columns = [.. layer.Columns];
        others = [.. layer.Others];
        (xStride, yStride) = (Stride(inputs), Stride(layer.Outputs));
        // A column's vector with the place of x' behind it: 8 numbers by default, half a lane.
        paddedWidth = PiecewiseLinear.Stride(width + 1);
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
    }

    public override bool KeepsOutput => false;

    public override void Reserve(int rows)
    {
        y.Reserve(rows * yStride);
        cosines.Reserve(rows * paddedFrequencies);
        room = (rows + 31) / 32 * 32;
        foreach (AlignedBuffer buffer in new[] { raw, back, along }) buffer.Reserve(room);
        foreach (AlignedBuffer buffer in new[] { bin, fraction, scaled }) buffer.Reserve(room * count);
    }

    public override float* Forward(float* x, in PassContext context)
    {
        input = x;
        Prepare(context);
        LocatedRows? kept = context.Numbers != 0 ? located : null;
        bool known = kept?.Read((int*)context.Numbers, context.Rows, Bins(0), Fractions(0), room) == true;
        float* center = context.Weight(centerOffset), scale = context.Weight(scaleOffset);
        for (int i = 0; i < count; i++)
        {
            float* values = scaled.Pointer + i * room, to = y.Pointer + i * (width + 1);
            for (int r = 0; r < context.Rows; r++) raw.Pointer[r] = x[(nint)r * xStride + columns[i]];
            Encodings.RobustScale(raw.Pointer, context.Rows, center[columns[i]], scale[columns[i]], values);
            int row = i * (bins + 1) * paddedWidth;
            if (!known) PiecewiseLinear.Locate(raw.Pointer, context.Rows, context.Weight(edgeOffset + i * (bins + 1)), bins, Bins(i), Fractions(i));
            PiecewiseLinear.Interpolate(Bins(i), Fractions(i), context.Rows, prefix.Pointer + row, rows.Pointer + row, width + 1, to, yStride);
            for (int r = 0; r < context.Rows; r++) to[(nint)r * yStride + width] = values[r];
            if (frequencies == 0) continue;
            int rate = i * paddedFrequencies;
            Encodings.Cosines(values, context.Rows, rates.Pointer + rate, turns.Pointer + rate, cosines.Pointer, paddedFrequencies);
            Gemm.Multiply(
                cosines.Pointer, paddedFrequencies, 1, Panels.Of(periodic.Pointer + i * frequencies * paddedWidth, paddedWidth), null,
                to, yStride, context.Rows, width + 1, frequencies, accumulate: true);
        }
        if (!known) kept?.Write((int*)context.Numbers, context.Rows, Bins(0), Fractions(0), room);
        for (int r = 0; r < context.Rows; r++)
        {
            float* from = x + (nint)r * xStride, to = y.Pointer + (nint)r * yStride + count * (width + 1);
            foreach (int other in others) *to++ = RobustScalingPass.Scale(from[other], center[other], scale[other]);
        }
        return y.Pointer;
    }

    public override float* Backward(float* dy, float* dx, in PassContext context)
    {
        foreach (AlignedBuffer buffer in (ReadOnlySpan<AlignedBuffer>)[transposedGradient, reached, partial, rateGradient, phaseGradient]) buffer.Span.Clear();
        for (int i = 0; i < count; i++)
        {
            float* d = dy + i * (width + 1), values = scaled.Pointer + i * room, byScaled = dx == null ? null : back.Pointer;
            int row = i * (bins + 1) * paddedWidth;
            PiecewiseLinear.Scatter(
                Bins(i), Fractions(i), context.Rows, d, yStride, width + 1, reached.Pointer + row, partial.Pointer + row,
                rows.Pointer + row, dx == null ? null : along.Pointer);
            if (dx != null)
                for (int r = 0; r < context.Rows; r++) byScaled[r] = d[(nint)r * yStride + width];
            if (frequencies > 0)
            {
                int rate = i * paddedFrequencies, matrix = i * width * paddedFrequencies;
                Encodings.CosinesBackward(
                    values, context.Rows, rates.Pointer + rate, turns.Pointer + rate, transposed.Pointer + matrix, d, yStride, width, paddedFrequencies,
                    transposedGradient.Pointer + matrix, rateGradient.Pointer + rate, phaseGradient.Pointer + rate, byScaled);
            }
            if (dx != null) PassBack(i, dx, context);
        }
        if (dx != null) PassOthersBack(dy, dx, context);
        Deliver(context);
        return dx != null ? dx : dy;
    }

    private int* Bins(int i) => (int*)bin.Pointer + i * room;

    private float* Fractions(int i) => fraction.Pointer + i * room;

    private void PassBack(int i, float* dx, in PassContext context)
    {
        int column = columns[i];
        float center = context.Weight(centerOffset)[column], scale = context.Weight(scaleOffset)[column];
        float* edges = context.Weight(edgeOffset + i * (bins + 1));
        for (int r = 0; r < context.Rows; r++)
        {
            float x = input[(nint)r * xStride + column];
            int at = Bins(i)[r];
            float length = bins > 0 && at < bins && x >= edges[0] ? edges[at + 1] - edges[at] : 0;
            dx[(nint)r * xStride + column] = back.Pointer[r] * RobustScalingPass.Slope(x, center, scale) + (length > 0 ? along.Pointer[r] / length : 0);
        }
    }

    private void PassOthersBack(float* dy, float* dx, in PassContext context)
    {
        float* center = context.Weight(centerOffset), scale = context.Weight(scaleOffset);
        for (int r = 0; r < context.Rows; r++)
        {
            float* from = input + (nint)r * xStride, d = dy + (nint)r * yStride + count * (width + 1), to = dx + (nint)r * xStride;
            foreach (int other in others) to[other] = *d++ * RobustScalingPass.Slope(from[other], center[other], scale[other]);
        }
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
            float* weight = context.Weight(weightOffset + i * (frequencies + bins) * width);
            PaddedRows.Spread(weight, frequencies, width, periodic.Pointer + i * frequencies * paddedWidth, paddedWidth);
            Transpose.Run(weight, width, transposed.Pointer + i * width * paddedFrequencies, paddedFrequencies, frequencies, width);
            float* sums = prefix.Pointer + i * (bins + 1) * paddedWidth, own = rows.Pointer + i * (bins + 1) * paddedWidth;
            PaddedRows.Spread(context.Weight(biasOffset + i * width), 1, width, sums, paddedWidth);
            PaddedRows.Spread(weight + frequencies * width, bins, width, own, paddedWidth);
            PiecewiseLinear.PrefixSums(own, context.Weight(edgeOffset + i * (bins + 1)), bins, width + 1, sums);
        }
    }

    private void Deliver(in PassContext context)
    {
        if (frequencies > 0)
        {
            PaddedRows.Gather(rateGradient.Pointer, paddedFrequencies, count, frequencies, context.Gradient(frequencyOffset), context.Accumulate);
            PaddedRows.Gather(phaseGradient.Pointer, paddedFrequencies, count, frequencies, context.Gradient(phaseOffset), context.Accumulate);
        }
        for (int i = 0; i < count; i++)
        {
            float* counts = reached.Pointer + i * (bins + 1) * paddedWidth, parts = partial.Pointer + i * (bins + 1) * paddedWidth;
            PiecewiseLinear.SuffixSums(counts, context.Weight(edgeOffset + i * (bins + 1)), bins, width + 1, parts);
            // What reached any bin reached the bias.
            PaddedRows.Gather(counts, paddedWidth, 1, width, context.Gradient(biasOffset + i * width), context.Accumulate);
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
}
