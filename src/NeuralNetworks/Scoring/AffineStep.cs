using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.NeuralNetworks.Scoring;

/// <summary>y = (x - center) * scale + shift, with numbers per column: fixed scaling, learned scaling, and batch norm in scoring.</summary>
internal sealed class AffineStep : ForwardStep
{
    private readonly Memory<float> center, scale, shift;

    /// <summary>An empty span stands for zeros.</summary>
    public AffineStep(int size, ReadOnlySpan<float> center, ReadOnlySpan<float> scale, ReadOnlySpan<float> shift) : base(size, size)
    {
        this.center = Pad(center, size);
        this.scale = Pad(scale, size);
        this.shift = Pad(shift, size);
    }

    public override void Run(ReadOnlySpan<float> input, Span<float> output, int rows, Span<float> scratch)
    {
        nuint stride = (nuint)Stride(Inputs);
        ref float x = ref MemoryMarshal.GetReference(input);
        ref float y = ref MemoryMarshal.GetReference(output);
        ref float c = ref MemoryMarshal.GetReference(center.Span);
        ref float s = ref MemoryMarshal.GetReference(scale.Span);
        ref float t = ref MemoryMarshal.GetReference(shift.Span);
        for (nuint row = 0; row < (nuint)rows; row++)
            for (nuint j = 0; j < stride; j += 16)
            {
                Vector512<float> centered = Vector512.LoadUnsafe(ref x, row * stride + j) - Vector512.LoadUnsafe(ref c, j);
                Vector512.FusedMultiplyAdd(centered, Vector512.LoadUnsafe(ref s, j), Vector512.LoadUnsafe(ref t, j)).StoreUnsafe(ref y, row * stride + j);
            }
    }
}
