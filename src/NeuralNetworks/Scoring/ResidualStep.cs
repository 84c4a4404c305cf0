using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.NeuralNetworks.Scoring;

/// <summary>y = x + block(x). Its scratch holds two rows as wide as the block's widest, then the block's own scratch.</summary>
internal sealed class ResidualStep(ForwardPass block) : ForwardStep(block.Inputs, block.Outputs)
{
    public override int ScratchPerRow => 2 * block.Width + block.ScratchPerRow;

    public override void Run(ReadOnlySpan<float> input, Span<float> output, int rows, Span<float> scratch)
    {
        int length = rows * Stride(Inputs), buffer = rows * block.Width;
        Span<float> first = scratch[..buffer], second = scratch.Slice(buffer, buffer);
        input[..length].CopyTo(first);
        Span<float> result = block.Run(0, first, second, rows, scratch[(2 * buffer)..]);
        ref float x = ref MemoryMarshal.GetReference(input);
        ref float r = ref MemoryMarshal.GetReference(result);
        ref float y = ref MemoryMarshal.GetReference(output);
        for (nuint i = 0; i < (nuint)length; i += 16)
            (Vector512.LoadUnsafe(ref x, i) + Vector512.LoadUnsafe(ref r, i)).StoreUnsafe(ref y, i);
    }
}
