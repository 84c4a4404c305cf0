using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Trainers.Torch.Engines;

/// <summary>
/// What dropout drops: a pure function of the seed, the step, the layer's place in the network, the row's place in the step and the
/// number's place in the row. So it does not depend on the engine, the threads or the size of micro-batches, and resuming finds it again.
/// </summary>
internal static class DropoutMask
{
    /// <summary>What to do where a schedule brings a rate to 1 or above.</summary>
    public const string ScheduleAdvice = "DropoutSchedule multiplies it at each step: let its factors be at most 1.";

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
        int half = (width + 1) / 2;
        Vector512<uint> keep = Vector512.Create(BitConverter.SingleToUInt32Bits(kept));
        Vector512<uint> bound = Vector512.Create(dropped);
        for (int r = 0; r < rows; r++)
        {
            Span<float> row = mask.Slice(r * stride, width);
            ulong state = Mix(key + (ulong)(firstRow + r) * 0xD1342543DE82EF95);
            uint low = (uint)state, high = (uint)(state >> 32);
            // 32 bits serve two numbers, one in each half of the row.
            int j = 0;
            Vector512<uint> place = Vector512<uint>.Indices * 0x9E3779B9 + Vector512.Create(low);
            for (; j + Vector512<uint>.Count <= width - half; j += Vector512<uint>.Count, place += Vector512.Create(unchecked((uint)Vector512<uint>.Count * 0x9E3779B9)))
            {
                Vector512<uint> x = place ^ Vector512.Create(high);
                x = (x ^ (x >>> 16)) * 0x85EBCA6B;
                x = (x ^ (x >>> 13)) * 0xC2B2AE35;
                x ^= x >>> 16;
                (Vector512.GreaterThanOrEqual(x & Vector512.Create(0xFFFFu), bound) & keep).AsSingle().CopyTo(row[j..]);
                (Vector512.GreaterThanOrEqual(x >>> 16, bound) & keep).AsSingle().CopyTo(row[(half + j)..]);
            }
            for (; j < half; j++)
            {
                uint x = Hash(j, low, high);
                row[j] = (x & 0xFFFF) < dropped ? 0 : kept;
                if (half + j < width) row[half + j] = x >>> 16 < dropped ? 0 : kept;
            }
        }
    }

    /// <summary>MurmurHash3's finaliser of a place and 64 bits.</summary>
    private static uint Hash(int place, uint low, uint high)
    {
        uint x = ((uint)place * 0x9E3779B9 + low) ^ high;
        x = (x ^ (x >>> 16)) * 0x85EBCA6B;
        x = (x ^ (x >>> 13)) * 0xC2B2AE35;
        return x ^ (x >>> 16);
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
