using System.Diagnostics;
using Microsoft.ML.NeuralNetworks.Kernels;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>
/// The first rows of a part, done by another thread. Gradients and losses are sums in the order of the rows: those of the first rows are where the part's own thread
/// goes on, and the bits are those of a part that was never divided. If nobody has begun with them when they are needed, they are the part's own again.
/// </summary>
internal sealed unsafe class Handover
{
    private const int Offered = 0, Taken = 1, Given = 2;

    private readonly AlignedBuffer gradient = new();
    private readonly double[] losses;
    private int state;

    /// <param name="members">Losses.</param>
    public Handover(int members) => losses = new double[members];

    /// <summary>The part whose rows they are; none where <see cref="Rows"/> is 0.</summary>
    public int Part { get; private set; }

    /// <summary>How many.</summary>
    public int Rows { get; private set; }

    /// <summary>Ticks that the last <see cref="TryReceive"/> waited.</summary>
    public long Waited { get; private set; }

    /// <summary>Before the parts start.</summary>
    public void Offer(int part, int rows, int gradientLength)
    {
        (Part, Rows) = (part, rows);
        gradient.Reserve(gradientLength);
        Volatile.Write(ref state, Offered);
    }

    /// <summary>Whether the caller is to do the rows.</summary>
    public bool TryTake() => Interlocked.CompareExchange(ref state, Taken, Offered) == Offered;

    /// <summary>Gives what the rows have come to.</summary>
    public void Give(AlignedBuffer gradientOfRows, ReadOnlySpan<double> lossesOfRows)
    {
        Vectors.CopyAside(gradient.Span, gradientOfRows.Span[..gradient.Span.Length]);
        lossesOfRows.CopyTo(losses);
        // A full fence: what was stored past the caches must be there before the state says so.
        Interlocked.Exchange(ref state, Given);
    }

    /// <summary>Whether the rows were done elsewhere; then their gradient and losses.</summary>
    public bool TryReceive(AlignedBuffer into, Span<double> lossesInto)
    {
        if (TryTake()) return false;
        long start = Stopwatch.GetTimestamp();
        var patience = new Patience();
        while (Volatile.Read(ref state) != Given) patience.Wait();
        Waited = Stopwatch.GetTimestamp() - start;
        gradient.Span.CopyTo(into.Span);
        losses.CopyTo(lossesInto);
        return true;
    }
}
