using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.NeuralNetworks.Scoring;

/// <summary>y = (x - mean) / sqrt(variance + epsilon) * weight + bias over the numbers of each row.</summary>
internal sealed class LayerNormStep : ForwardStep
{
    private readonly Memory<float> weight, bias, mask;
    private readonly float epsilon;

    public LayerNormStep(int size, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, float epsilon) : base(size, size)
    {
        this.epsilon = epsilon;
        this.weight = Pad(weight, size);
        this.bias = Pad(bias, size);
        float[] ones = new float[size];
        Array.Fill(ones, 1f);
        mask = Pad(ones, size);
    }

    public override void Run(ReadOnlySpan<float> input, Span<float> output, int rows, Span<float> scratch)
    {
        nuint stride = (nuint)Stride(Inputs);
        ref float x = ref MemoryMarshal.GetReference(input);
        ref float y = ref MemoryMarshal.GetReference(output);
        ref float w = ref MemoryMarshal.GetReference(weight.Span);
        ref float b = ref MemoryMarshal.GetReference(bias.Span);
        ref float m = ref MemoryMarshal.GetReference(mask.Span);
        for (nuint row = 0; row < (nuint)rows; row++)
        {
            nuint start = row * stride;
            Vector512<float> sum = default, squares = default;
            for (nuint j = 0; j < stride; j += 16)
                sum += Real(ref x, start + j, ref m, j);
            Vector512<float> mean = Vector512.Create(Vector512.Sum(sum) / Inputs);
            for (nuint j = 0; j < stride; j += 16)
            {
                Vector512<float> centered = (Real(ref x, start + j, ref m, j) - mean) * Vector512.LoadUnsafe(ref m, j);
                squares = Vector512.FusedMultiplyAdd(centered, centered, squares);
            }
            Vector512<float> factor = Vector512.Create(1 / MathF.Sqrt(Vector512.Sum(squares) / Inputs + epsilon));
            for (nuint j = 0; j < stride; j += 16)
                Vector512.FusedMultiplyAdd((Vector512.LoadUnsafe(ref x, start + j) - mean) * factor, Vector512.LoadUnsafe(ref w, j), Vector512.LoadUnsafe(ref b, j)).StoreUnsafe(ref y, start + j);
        }
    }

    // Zero beyond the end of the row, where anything may lie, even NaN.
    private static Vector512<float> Real(ref float x, nuint at, ref float mask, nuint column) =>
        Vector512.ConditionalSelect(Vector512.Equals(Vector512.LoadUnsafe(ref mask, column), Vector512<float>.One), Vector512.LoadUnsafe(ref x, at), Vector512<float>.Zero);
}
