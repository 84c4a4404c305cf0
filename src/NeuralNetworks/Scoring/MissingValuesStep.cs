using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.NeuralNetworks.Scoring;

/// <summary>NaN becomes the column's replacement.</summary>
internal sealed class MissingValuesStep(int size, ReadOnlySpan<float> replacement) : ForwardStep(size, size)
{
    private readonly Memory<float> replacement = Pad(replacement, size);

    public override void Run(ReadOnlySpan<float> input, Span<float> output, int rows, Span<float> scratch)
    {
        nuint stride = (nuint)Stride(Inputs);
        ref float x = ref MemoryMarshal.GetReference(input);
        ref float y = ref MemoryMarshal.GetReference(output);
        ref float r = ref MemoryMarshal.GetReference(replacement.Span);
        for (nuint row = 0; row < (nuint)rows; row++)
            for (nuint j = 0; j < stride; j += 16)
            {
                Vector512<float> value = Vector512.LoadUnsafe(ref x, row * stride + j);
                Vector512.ConditionalSelect(Vector512.Equals(value, value), value, Vector512.LoadUnsafe(ref r, j)).StoreUnsafe(ref y, row * stride + j);
            }
    }
}
