using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Kernels;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>
/// Bin and fraction of every number that a network encodes, for all training rows: found when a row is seen first, looked up in every later epoch.
/// The parts of a batch share it.
/// </summary>
internal sealed unsafe class LocatedRows
{
    // 16 MB, as for the order of rows: what does not fit into the last cache is found faster than read.
    private const long MostFloats = 4L << 20;
    private const int LargestBin = ushort.MaxValue;
    private const int Ahead = 16;

    // What the places follow from: when it changes, all are forgotten.
    private readonly ParameterSlot[] causes;
    private readonly float[] known;

    // A row: fractions, then bins of two bytes; NaN instead of the first fraction where the row was not seen yet. Up to 10 columns are one cache line.
    private readonly AlignedBuffer rows = new();
    private readonly int columns, stride;

    private LocatedRows(NumericEmbedding embedding, ParameterLayout layout, IEnumerable<Layer> front, int count)
    {
        columns = embedding.Columns.Length;
        stride = Stride(columns);
        causes = [layout[$"{embedding.Name}.edges"], .. front.SelectMany(layer => layer.Parameters).Where(spec => !spec.IsTrainable).Select(spec => layout[spec.Name])];
        known = new float[causes.Sum(cause => cause.Count)];
        rows.Reserve(count * stride);
        // Equal to nothing: the first check empties the rows.
        known.AsSpan().Fill(float.NaN);
    }

    /// <summary>For the network's numeric embedding; null without one, or where its inputs are not those of the data, or for too many rows.</summary>
    public static LocatedRows? For(Network network, int count)
    {
        int place = network.Layers.TakeWhile(layer => layer is MissingIndicators or MissingValues or CategoricalEmbedding).Count();
        if (place == network.Layers.Length || network.Layers[place] is not NumericEmbedding { Bins: > 0 and <= LargestBin } embedding) return null;
        // What follows the columns that categories leave alone is learned.
        Layer[] front = [.. network.Layers.Take(place)];
        if (front.OfType<CategoricalEmbedding>().Any(categories => embedding.Columns[^1] >= categories.Others.Length)) return null;
        return count * (long)Stride(embedding.Columns.Length) <= MostFloats ? new LocatedRows(embedding, network.Layout, front, count) : null;
    }

    /// <summary>Forgets all places if what they follow from has changed. Called before the parts of a batch begin.</summary>
    public void Check(ReadOnlySpan<float> weights)
    {
        bool changed = false;
        Span<float> left = known;
        foreach (ParameterSlot cause in causes)
        {
            ReadOnlySpan<float> now = cause.In(weights);
            if (!MemoryMarshal.AsBytes(now).SequenceEqual(MemoryMarshal.AsBytes(left[..now.Length])))
            {
                now.CopyTo(left);
                changed = true;
            }
            left = left[now.Length..];
        }
        if (changed) rows.Span.Fill(float.NaN);
    }

    /// <summary>Looks these rows up: column i's bins and fractions at i * room. False if one of them was not seen yet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool Read(int* numbers, int count, int* bins, float* fractions, int room)
    {
        for (int r = 0; r < count; r++)
        {
            if (Sse.IsSupported && r + Ahead < count) Sse.Prefetch0(rows.Pointer + (nint)numbers[r + Ahead] * stride);
            float* row = rows.Pointer + (nint)numbers[r] * stride;
            if (float.IsNaN(Volatile.Read(ref *row))) return false;
            ushort* rowBins = (ushort*)(row + columns);
            for (int i = 0, to = r; i < columns; i++, to += room)
            {
                fractions[to] = row[i];
                bins[to] = rowBins[i];
            }
        }
        return true;
    }

    /// <summary>Keeps the places of these rows.</summary>
    public void Write(int* numbers, int count, int* bins, float* fractions, int room)
    {
        for (int r = 0; r < count; r++)
        {
            float* row = rows.Pointer + (nint)numbers[r] * stride;
            ushort* rowBins = (ushort*)(row + columns);
            for (int i = 0, from = r; i < columns; i++, from += room)
            {
                rowBins[i] = (ushort)bins[from];
                if (i > 0) row[i] = fractions[from];
            }
            // It says that the row is there, perhaps to another part, so it comes last.
            Volatile.Write(ref *row, fractions[r]);
        }
    }

    private static int Stride(int columns) => ParameterLayout.Padded(columns + (columns + 1) / 2);
}
