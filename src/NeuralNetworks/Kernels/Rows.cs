using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Microsoft.ML.NeuralNetworks.Kernels;

/// <summary>Picking rows out of a table.</summary>
internal static unsafe class Rows
{
    /// <summary>Floats that one request for memory brings.</summary>
    public const int CacheLine = 64 / sizeof(float);

    private const int Ahead = 16;

    /// <summary>Asks for <paramref name="numbers"/>, which will be read soon, where the processor can be asked.</summary>
    public static void Prefetch(ReadOnlySpan<float> numbers)
    {
        if (!Sse.IsSupported) return;
        fixed (float* first = numbers)
            for (int i = 0; i < numbers.Length; i += CacheLine) Sse.Prefetch0(first + i);
    }

    /// <summary>
    /// target's row i = source's row indices[i], each <paramref name="columns"/> long; target's rows are <paramref name="stride"/>
    /// apart and what lies between is not touched. The indices are not checked.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gather(float* source, int columns, int* indices, int count, float* target, int stride)
    {
        for (int i = 0; i < count; i++, target += stride)
        {
            if (Sse.IsSupported && i + Ahead < count)
            {
                float* next = source + (nint)indices[i + Ahead] * columns;
                Sse.Prefetch0(next);
                Sse.Prefetch0((byte*)next + 64);
            }
            new ReadOnlySpan<float>(source + (nint)indices[i] * columns, columns).CopyTo(new Span<float>(target, columns));
        }
    }
}
