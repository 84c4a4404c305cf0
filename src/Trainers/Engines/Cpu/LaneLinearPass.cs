using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Microsoft.ML.NeuralNetworks.Kernels;
using Microsoft.ML.Trainers.Torch.Data;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>The numbers of lanes per row that the JIT knows.</summary>
internal static class LaneLinearPass
{
    internal interface ILanes
    {
        static abstract int Count { get; }
    }

    internal readonly struct Lanes1 : ILanes
    {
        public static int Count => 1;
    }

    internal readonly struct Lanes2 : ILanes
    {
        public static int Count => 2;
    }

    internal readonly struct Lanes3 : ILanes
    {
        public static int Count => 3;
    }

    internal readonly struct Lanes4 : ILanes
    {
        public static int Count => 4;
    }
}

/// <summary>
/// Rows of one to four lanes: weights and gradient stay in registers. The last lane ends with the row, so it overlaps the one before
/// it: there its weights are masked to zero, and its gradient is overwritten by the other lane's.
/// </summary>
internal sealed unsafe class LaneLinearPass<T, TLoss, TLanes>(Loss loss, TrainingData data) : LinearPass(loss, data)
    where T : struct, ILane<T> where TLoss : struct, IRowLoss where TLanes : struct, LaneLinearPass.ILanes
{
    // A block of rows that stay together: the processor foresees the rest of a block by itself, but not where the next begins.
    private const int Ahead = 64;

    private readonly AlignedBuffer mask = Mask(TLanes.Count * T.Count - data.Columns);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override double ForwardBackward(int* rows, int count, float* w, float bias, float scale, float* g, float* biasGradient, bool accumulate)
    {
        float* features = this.features, labels = this.labels, rowWeights = this.rowWeights;
        int columns = this.columns, last = columns - T.Count;
        T w0 = TLanes.Count > 1 ? T.Load(w) : default, w1 = TLanes.Count > 2 ? T.Load(w + T.Count) : default,
          w2 = TLanes.Count > 3 ? T.Load(w + 2 * T.Count) : default, w3 = T.Keep(T.Load(mask.Pointer), T.Load(w + last));
        T g0 = default, g1 = default, g2 = default, g3 = default;
        if (accumulate)
        {
            if (TLanes.Count > 1) g0 = T.Load(g);
            if (TLanes.Count > 2) g1 = T.Load(g + T.Count);
            if (TLanes.Count > 3) g2 = T.Load(g + 2 * T.Count);
            g3 = T.Load(g + last);
        }
        float biasSum = accumulate ? *biasGradient : 0;
        double sum = 0;
        for (int i = 0; i < count; i++)
        {
            int row = rows[i];
            if (Sse.IsSupported && i + Ahead < count)
            {
                int next = rows[i + Ahead];
                float* p = features + (nint)next * columns;
                Sse.Prefetch0(p);
                if (TLanes.Count * T.Count > 16) Sse.Prefetch0(p + 16);
                if (TLanes.Count * T.Count > 32) Sse.Prefetch0(p + 32);
                if (TLanes.Count * T.Count > 48) Sse.Prefetch0(p + 48);
                Sse.Prefetch0(labels + next);
            }
            float* x = features + (nint)row * columns;
            T x0 = TLanes.Count > 1 ? T.Load(x) : default, x1 = TLanes.Count > 2 ? T.Load(x + T.Count) : default,
              x2 = TLanes.Count > 3 ? T.Load(x + 2 * T.Count) : default, x3 = T.Load(x + last);
            T dot = x3 * w3;
            if (TLanes.Count > 1) dot = T.MultiplyAdd(x0, w0, dot);
            if (TLanes.Count > 2) dot = T.MultiplyAdd(x1, w1, dot);
            if (TLanes.Count > 3) dot = T.MultiplyAdd(x2, w2, dot);
            float value = TLoss.Evaluate(loss, T.Sum(dot) + bias, labels[row], out float slope);
            if (rowWeights != null)
            {
                value *= rowWeights[row];
                slope *= rowWeights[row];
            }
            sum += value;
            slope *= scale;
            biasSum += slope;
            T d = T.All(slope);
            if (TLanes.Count > 1) g0 = T.MultiplyAdd(d, x0, g0);
            if (TLanes.Count > 2) g1 = T.MultiplyAdd(d, x1, g1);
            if (TLanes.Count > 3) g2 = T.MultiplyAdd(d, x2, g2);
            g3 = T.MultiplyAdd(d, x3, g3);
        }
        T.Store(g3, g + last);
        if (TLanes.Count > 1) T.Store(g0, g);
        if (TLanes.Count > 2) T.Store(g1, g + T.Count);
        if (TLanes.Count > 3) T.Store(g2, g + 2 * T.Count);
        *biasGradient = biasSum;
        return sum;
    }

    private static AlignedBuffer Mask(int overlap)
    {
        var mask = new AlignedBuffer();
        mask.Reserve(T.Count);
        mask.Span[overlap..].Fill(BitConverter.Int32BitsToSingle(-1));
        return mask;
    }
}
