using System.Runtime.CompilerServices;

namespace Microsoft.ML.Trainers.Torch.Engines;

/// <summary>
/// What dropout drops: a pure function of the seed, the step, the layer's place in the network, the row's place in the step and the
/// number's place in the row. So it does not depend on the engine, the threads or the size of micro-batches, and resuming finds it again.
/// </summary>
internal static class DropoutMask
{
    /// <summary>Sets each number to 0 with probability <paramref name="rate"/> (to 16 bits), else to 1 / (1 - rate).</summary>
    /// <param name="mask">Rows, <paramref name="stride"/> apart.</param>
    /// <param name="stride">From a row to the next.</param>
    /// <param name="width">Numbers per row; what lies between the rows is not touched.</param>
    /// <param name="firstRow">The place of the first row in the step.</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="rate">At least 0 and below 1.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="step">The step.</param>
    /// <param name="layer">The layer's number.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Fill(Span<float> mask, int stride, int width, long firstRow, int rows, float rate, ulong seed, long step, int layer)
    {
        uint dropped = (uint)MathF.Round(rate * 65536);
        float kept = 1 / (1 - rate);
        ulong key = Mix(Mix(seed ^ ((ulong)layer << 48)) + (ulong)step);
        for (int r = 0; r < rows; r++)
        {
            Span<float> row = mask.Slice(r * stride, width);
            ulong state = key + (ulong)(firstRow + r) * 0xD1342543DE82EF95;
            for (int j = 0; j < row.Length; j += 4)
            {
                // Four numbers take 16 bits each.
                ulong z = Mix(state += 0x9E3779B97F4A7C15);
                for (int k = j; k < Math.Min(j + 4, row.Length); k++, z >>= 16) row[k] = (uint)(z & 0xFFFF) < dropped ? 0 : kept;
            }
        }
    }

    /// <summary>SplitMix64's finaliser.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
