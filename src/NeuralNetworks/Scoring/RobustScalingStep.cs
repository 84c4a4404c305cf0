using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.NeuralNetworks.Scoring;

/// <summary>u = (x - center) * scale, y = u / sqrt(1 + (u / 3)^2).</summary>
internal sealed class RobustScalingStep : ForwardStep
{
    private readonly Memory<float> center, scale;

    public RobustScalingStep(int size, ReadOnlySpan<float> center, ReadOnlySpan<float> scale) : base(size, size)
    {
        this.center = Pad(center, size);
        this.scale = Pad(scale, size);
    }

    public override void Run(ReadOnlySpan<float> input, Span<float> output, int rows, Span<float> scratch)
    {
        nuint stride = (nuint)Stride(Inputs);
        ref float x = ref MemoryMarshal.GetReference(input);
        ref float y = ref MemoryMarshal.GetReference(output);
        ref float c = ref MemoryMarshal.GetReference(center.Span);
        ref float s = ref MemoryMarshal.GetReference(scale.Span);
        Vector512<float> third = Vector512.Create(1 / 3f);
        for (nuint row = 0; row < (nuint)rows; row++)
            for (nuint j = 0; j < stride; j += 16)
            {
                Vector512<float> u = (Vector512.LoadUnsafe(ref x, row * stride + j) - Vector512.LoadUnsafe(ref c, j)) * Vector512.LoadUnsafe(ref s, j);
                // Beyond 1e9 the square overflows long after the result has become 3.
                u = Vector512.Max(Vector512.Min(u, Vector512.Create(1e9f)), Vector512.Create(-1e9f));
                Vector512<float> part = u * third;
                (u / Vector512.Sqrt(Vector512<float>.One + part * part)).StoreUnsafe(ref y, row * stride + j);
            }
    }
}
