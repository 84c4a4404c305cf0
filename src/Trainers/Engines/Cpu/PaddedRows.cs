using System.Numerics.Tensors;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>Between matrices without gaps, as parameters lie, and matrices whose rows are filled up to whole lanes.</summary>
internal static unsafe class PaddedRows
{
    /// <summary>Copies rows apart; the gaps are not touched.</summary>
    public static void Spread(float* source, int rows, int width, float* target, int stride)
    {
        for (int r = 0; r < rows; r++) new ReadOnlySpan<float>(source + r * width, width).CopyTo(new Span<float>(target + r * stride, width));
    }

    /// <summary>Copies (or adds) rows together.</summary>
    public static void Gather(float* source, int stride, int rows, int width, float* target, bool add)
    {
        for (int r = 0; r < rows; r++)
        {
            var from = new ReadOnlySpan<float>(source + r * stride, width);
            var to = new Span<float>(target + r * width, width);
            if (add) TensorPrimitives.Add(to, from, to);
            else from.CopyTo(to);
        }
    }
}
