using System.Numerics.Tensors;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.NeuralNetworks.Scoring;

/// <summary>
/// y_i = ((x_i * r_i) W) * s_i + b_i for each member i: the members of a row are rows of one product. Its scratch holds these rows in front of the product
/// and behind it.
/// </summary>
internal sealed class EnsembleDenseStep : ForwardStep
{
    private readonly int members, inputs, outputs;
    private readonly bool fansOut;
    private readonly float[] inputScale, outputScale, bias;
    private readonly DenseStep product;

    public EnsembleDenseStep(EnsembleDense layer, ParameterLayout layout, ReadOnlySpan<float> weights) : base(layer.Inputs, layer.Outputs)
    {
        (members, inputs, outputs, fansOut) = (layer.Members, layer.InputSize, layer.OutputSize, layer.FansOut);
        inputScale = layout[$"{layer.Name}.input_scale"].In(weights).ToArray();
        outputScale = layout[$"{layer.Name}.output_scale"].In(weights).ToArray();
        bias = layout[$"{layer.Name}.bias"].In(weights).ToArray();
        product = new DenseStep(inputs, outputs, layout[$"{layer.Name}.weight"].In(weights), 1 / MathF.Sqrt(inputs), [], float.NegativeInfinity);
    }

    public override int ScratchPerRow => members * (Stride(inputs) + Stride(outputs));

    public override void Run(ReadOnlySpan<float> input, Span<float> output, int rows, Span<float> scratch)
    {
        int from = Stride(inputs), to = Stride(outputs);
        Span<float> front = scratch[..(rows * members * from)], behind = scratch.Slice(front.Length, rows * members * to);
        for (int row = 0; row < rows; row++)
            for (int member = 0; member < members; member++)
                TensorPrimitives.Multiply(
                    input.Slice(row * Stride(Inputs) + (fansOut ? 0 : member * inputs), inputs), inputScale.AsSpan(member * inputs, inputs),
                    front.Slice((row * members + member) * from, inputs));
        product.Run(front, behind, rows * members, []);
        for (int row = 0; row < rows; row++)
            for (int member = 0; member < members; member++)
            {
                Span<float> y = output.Slice(row * Stride(Outputs) + member * outputs, outputs);
                TensorPrimitives.Multiply(behind.Slice((row * members + member) * to, outputs), outputScale.AsSpan(member * outputs, outputs), y);
                TensorPrimitives.Add(y, bias.AsSpan(member * outputs, outputs), y);
            }
    }
}
