using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Kernels;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>
/// For each number x: max(0, [sin(2 pi c x), cos(2 pi c x)] W + b). Weights and gradients are kept with padded rows during a block.
/// </summary>
internal sealed unsafe class PeriodicEmbeddingPass : LayerPass
{
    private readonly int inputs, frequencies, width, xStride, yStride, paddedWidth, paddedFrequencies, frequencyOffset, weightOffset, biasOffset;
    private readonly AlignedBuffer y = new(), rates = new(), noTurns = new(), matrix = new(), matrixGradient = new(), bias = new(), biasGradient = new(),
        rateGradient = new(), sines = new(), cosines = new(), encoded = new(), slopes = new(), vector = new();
    private float* input;

    public PeriodicEmbeddingPass(PeriodicEmbedding layer, ParameterLayout layout)
    {
        (inputs, frequencies, width) = (layer.Inputs, layer.Frequencies, layer.Width);
        (xStride, yStride) = (Stride(inputs), Stride(layer.Outputs));
        paddedWidth = ParameterLayout.Padded(width);
        paddedFrequencies = ParameterLayout.Padded(frequencies);
        frequencyOffset = layout[$"{layer.Name}.frequencies"].Offset;
        weightOffset = layout[$"{layer.Name}.weight"].Offset;
        biasOffset = layout[$"{layer.Name}.bias"].Offset;
        rates.Reserve(inputs * paddedFrequencies);
        rateGradient.Reserve(inputs * paddedFrequencies);
        noTurns.Reserve(paddedFrequencies);
        matrix.Reserve(inputs * 2 * frequencies * paddedWidth);
        matrixGradient.Reserve(inputs * 2 * frequencies * paddedWidth);
        bias.Reserve(inputs * paddedWidth);
        biasGradient.Reserve(inputs * paddedWidth);
        sines.Reserve(paddedFrequencies);
        cosines.Reserve(paddedFrequencies);
        encoded.Reserve(2 * frequencies);
        slopes.Reserve(2 * frequencies);
        vector.Reserve(paddedWidth);
    }

    public override bool KeepsOutput => true;

    public override void Reserve(int rows) => y.Reserve(rows * yStride);

    public override float* Forward(float* x, in PassContext context)
    {
        input = x;
        PaddedRows.Spread(context.Weight(frequencyOffset), inputs, frequencies, rates.Pointer, paddedFrequencies);
        PaddedRows.Spread(context.Weight(weightOffset), inputs * 2 * frequencies, width, matrix.Pointer, paddedWidth);
        PaddedRows.Spread(context.Weight(biasOffset), inputs, width, bias.Pointer, paddedWidth);
        for (int r = 0; r < context.Rows; r++)
            for (int i = 0; i < inputs; i++)
            {
                Encode(x[(nint)r * xStride + i], i);
                new ReadOnlySpan<float>(bias.Pointer + i * paddedWidth, paddedWidth).CopyTo(vector.Span);
                Encodings.MultiplyAdd(encoded.Pointer, 2 * frequencies, matrix.Pointer + i * 2 * frequencies * paddedWidth, vector.Pointer, paddedWidth);
                float* to = y.Pointer + (nint)r * yStride + i * width;
                for (int j = 0; j < width; j++) to[j] = vector.Pointer[j] > 0 || float.IsNaN(vector.Pointer[j]) ? vector.Pointer[j] : 0;
            }
        return y.Pointer;
    }

    public override float* Backward(float* dy, float* dx, in PassContext context)
    {
        matrixGradient.Span.Clear();
        biasGradient.Span.Clear();
        rateGradient.Span.Clear();
        vector.Span.Clear();
        for (int r = 0; r < context.Rows; r++)
            for (int i = 0; i < inputs; i++)
            {
                float x = input[(nint)r * xStride + i];
                float* d = dy + (nint)r * yStride + i * width, outputs = y.Pointer + (nint)r * yStride + i * width;
                for (int j = 0; j < width; j++) vector.Pointer[j] = outputs[j] > 0 ? d[j] : 0;
                Vectors.Add(biasGradient.Span.Slice(i * paddedWidth, width), vector.Span[..width]);
                Encode(x, i);
                Encodings.Backward(
                    encoded.Pointer, 2 * frequencies, matrix.Pointer + i * 2 * frequencies * paddedWidth,
                    matrixGradient.Pointer + i * 2 * frequencies * paddedWidth, vector.Pointer, slopes.Pointer, paddedWidth);
                float back = 0;
                for (int h = 0; h < frequencies; h++)
                {
                    float sine = encoded.Pointer[h], cosine = encoded.Pointer[frequencies + h];
                    float slope = MathF.Tau * (cosine * slopes.Pointer[h] - sine * slopes.Pointer[frequencies + h]);
                    rateGradient.Pointer[i * paddedFrequencies + h] += x * slope;
                    back += rates.Pointer[i * paddedFrequencies + h] * slope;
                }
                if (dx != null) dx[(nint)r * xStride + i] = back;
            }
        PaddedRows.Gather(rateGradient.Pointer, paddedFrequencies, inputs, frequencies, context.Gradient(frequencyOffset), context.Accumulate);
        PaddedRows.Gather(matrixGradient.Pointer, paddedWidth, inputs * 2 * frequencies, width, context.Gradient(weightOffset), context.Accumulate);
        PaddedRows.Gather(biasGradient.Pointer, paddedWidth, inputs, width, context.Gradient(biasOffset), context.Accumulate);
        return dx != null ? dx : dy;
    }

    /// <summary>The sines, then the cosines, without a gap.</summary>
    private void Encode(float x, int i)
    {
        Encodings.SinCos(x, rates.Pointer + i * paddedFrequencies, noTurns.Pointer, sines.Pointer, cosines.Pointer, paddedFrequencies);
        sines.Span[..frequencies].CopyTo(encoded.Span);
        cosines.Span[..frequencies].CopyTo(encoded.Span[frequencies..]);
    }
}
