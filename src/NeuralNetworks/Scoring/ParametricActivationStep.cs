using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Microsoft.ML.NeuralNetworks.Kernels;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.NeuralNetworks.Scoring;

/// <summary>y = x + (f(x) - x) * blend.</summary>
internal sealed class ParametricActivationStep(int size, ActivationFunction function, ReadOnlySpan<float> blend) : ForwardStep(size, size)
{
    private readonly Memory<float> blend = Pad(blend, size);

    public override void Run(ReadOnlySpan<float> input, Span<float> output, int rows, Span<float> scratch)
    {
        nuint stride = (nuint)Stride(Inputs);
        Activations.Apply(function, input[..(rows * Stride(Inputs))], output);
        ref float x = ref MemoryMarshal.GetReference(input);
        ref float y = ref MemoryMarshal.GetReference(output);
        ref float a = ref MemoryMarshal.GetReference(blend.Span);
        for (nuint row = 0; row < (nuint)rows; row++)
            for (nuint j = 0; j < stride; j += 16)
            {
                Vector512<float> value = Vector512.LoadUnsafe(ref x, row * stride + j);
                Vector512<float> active = Vector512.LoadUnsafe(ref y, row * stride + j);
                Vector512.FusedMultiplyAdd(active - value, Vector512.LoadUnsafe(ref a, j), value).StoreUnsafe(ref y, row * stride + j);
            }
    }
}
