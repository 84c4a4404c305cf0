using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Microsoft.ML.NeuralNetworks.Kernels;
using Microsoft.ML.Trainers.Torch.Data;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>
/// A linear model with one output in a single pass over the data where it lies: for each row the dot product, the loss, and the
/// row times the loss's slope added to the gradient, which stays in registers for up to four lanes of features.
/// </summary>
internal static unsafe class LinearPass
{
    private const int Ahead = 12;

    /// <summary>A loss of one output and one label.</summary>
    private interface IRowLoss
    {
        static abstract float Evaluate(Loss loss, float output, float label, out float slope);
    }

    private interface ILanes
    {
        static abstract int Count { get; }
    }

    /// <summary>
    /// Adds scale times the gradient to <paramref name="gradient"/> (columns long) and <paramref name="biasGradient"/>.
    /// </summary>
    /// <returns>sum(w loss), unscaled.</returns>
    public static double ForwardBackward(
        Loss loss, TrainingData data, int* rows, int count, float* weights, float bias, float scale, float* gradient, float* biasGradient)
    {
        fixed (float* features = data.Features.Span, labels = data.Labels.Span, rowWeights = data.Weights.Span)
        {
            var work = new Work((nint)features, data.Columns, (nint)labels, (nint)rowWeights, (nint)rows, count, (nint)weights, bias, scale, (nint)gradient, (nint)biasGradient);
            return loss switch
            {
                SquaredError => Run<Squared>(loss, work),
                LogisticLoss => Run<Logistic>(loss, work),
                _ => Run<Any>(loss, work),
            };
        }
    }

    /// <summary>Chooses the widest lane that fits into a row.</summary>
    private static double Run<TLoss>(Loss loss, in Work work) where TLoss : struct, IRowLoss
    {
        if (Simd.Width >= 512 && work.Columns >= Lane512.Count) return Run<Lane512, TLoss>(loss, work);
        if (Simd.Width >= 256 && work.Columns >= Lane256.Count) return Run<Lane256, TLoss>(loss, work);
        if (work.Columns >= Lane128.Count) return Run<Lane128, TLoss>(loss, work);
        return Few<TLoss>(loss, work);
    }

    private static double Run<T, TLoss>(Loss loss, in Work work) where T : struct, ILane<T> where TLoss : struct, IRowLoss =>
        ((work.Columns + T.Count - 1) / T.Count) switch
        {
            1 => InRegisters<T, TLoss, Lanes1>(loss, work),
            2 => InRegisters<T, TLoss, Lanes2>(loss, work),
            3 => InRegisters<T, TLoss, Lanes3>(loss, work),
            4 => InRegisters<T, TLoss, Lanes4>(loss, work),
            _ => InMemory<T, TLoss>(loss, work),
        };

    /// <summary>
    /// The last lane ends with the row, so it overlaps the one before it: there its weights are zero and its gradient is left out.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double InRegisters<T, TLoss, TLanes>(Loss loss, in Work work)
        where T : struct, ILane<T> where TLoss : struct, IRowLoss where TLanes : struct, ILanes
    {
        int columns = work.Columns, count = work.Count, last = columns - T.Count, overlap = TLanes.Count * T.Count - columns;
        float* tail = stackalloc float[T.Count];
        for (int j = 0; j < T.Count; j++) tail[j] = j < overlap ? 0 : ((float*)work.Weights)[last + j];
        float* w = (float*)work.Weights;
        T w0 = TLanes.Count > 1 ? T.Load(w) : default, w1 = TLanes.Count > 2 ? T.Load(w + T.Count) : default,
          w2 = TLanes.Count > 3 ? T.Load(w + 2 * T.Count) : default, w3 = T.Load(tail);
        T g0 = default, g1 = default, g2 = default, g3 = default;
        float* features = (float*)work.Features, labels = (float*)work.Labels, rowWeights = (float*)work.RowWeights;
        int* rows = (int*)work.Rows;
        float bias = work.Bias, scale = work.Scale, biasGradient = 0;
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
                Sse.Prefetch0(labels + next);
            }
            float* x = features + (nint)row * columns;
            T x0 = TLanes.Count > 1 ? T.Load(x) : default, x1 = TLanes.Count > 2 ? T.Load(x + T.Count) : default,
              x2 = TLanes.Count > 3 ? T.Load(x + 2 * T.Count) : default, x3 = T.Load(x + last);
            T dot = x3 * w3;
            if (TLanes.Count > 1) dot = T.MultiplyAdd(x0, w0, dot);
            if (TLanes.Count > 2) dot = T.MultiplyAdd(x1, w1, dot);
            if (TLanes.Count > 3) dot = T.MultiplyAdd(x2, w2, dot);
            float weight = rowWeights == null ? 1 : rowWeights[row];
            sum += weight * TLoss.Evaluate(loss, T.Sum(dot) + bias, labels[row], out float slope);
            slope *= weight * scale;
            biasGradient += slope;
            T d = T.All(slope);
            if (TLanes.Count > 1) g0 = T.MultiplyAdd(d, x0, g0);
            if (TLanes.Count > 2) g1 = T.MultiplyAdd(d, x1, g1);
            if (TLanes.Count > 3) g2 = T.MultiplyAdd(d, x2, g2);
            g3 = T.MultiplyAdd(d, x3, g3);
        }
        float* g = (float*)work.Gradient;
        if (TLanes.Count > 1) T.Store(T.Load(g) + g0, g);
        if (TLanes.Count > 2) T.Store(T.Load(g + T.Count) + g1, g + T.Count);
        if (TLanes.Count > 3) T.Store(T.Load(g + 2 * T.Count) + g2, g + 2 * T.Count);
        T.Store(g3, tail);
        for (int j = overlap; j < T.Count; j++) g[last + j] += tail[j];
        *(float*)work.BiasGradient += biasGradient;
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double InMemory<T, TLoss>(Loss loss, in Work work) where T : struct, ILane<T> where TLoss : struct, IRowLoss
    {
        int columns = work.Columns, whole = columns / T.Count * T.Count, pairs = columns / (2 * T.Count) * 2 * T.Count;
        float* features = (float*)work.Features, labels = (float*)work.Labels, rowWeights = (float*)work.RowWeights, w = (float*)work.Weights, g = (float*)work.Gradient;
        float biasGradient = 0;
        double sum = 0;
        for (int i = 0; i < work.Count; i++)
        {
            int row = ((int*)work.Rows)[i];
            float* x = features + (nint)row * columns;
            T a = default, b = default;
            for (int k = 0; k < pairs; k += 2 * T.Count)
            {
                a = T.MultiplyAdd(T.Load(x + k), T.Load(w + k), a);
                b = T.MultiplyAdd(T.Load(x + k + T.Count), T.Load(w + k + T.Count), b);
            }
            if (pairs < whole) a = T.MultiplyAdd(T.Load(x + pairs), T.Load(w + pairs), a);
            float output = work.Bias + T.Sum(a + b);
            for (int k = whole; k < columns; k++) output += x[k] * w[k];
            float weight = rowWeights == null ? 1 : rowWeights[row];
            sum += weight * TLoss.Evaluate(loss, output, labels[row], out float slope);
            slope *= weight * work.Scale;
            biasGradient += slope;
            T d = T.All(slope);
            for (int k = 0; k < whole; k += T.Count) T.Store(T.MultiplyAdd(d, T.Load(x + k), T.Load(g + k)), g + k);
            for (int k = whole; k < columns; k++) g[k] += slope * x[k];
        }
        *(float*)work.BiasGradient += biasGradient;
        return sum;
    }

    private static double Few<TLoss>(Loss loss, in Work work) where TLoss : struct, IRowLoss
    {
        float* rowWeights = (float*)work.RowWeights, w = (float*)work.Weights, g = (float*)work.Gradient;
        float biasGradient = 0;
        double sum = 0;
        for (int i = 0; i < work.Count; i++)
        {
            int row = ((int*)work.Rows)[i];
            float* x = (float*)work.Features + (nint)row * work.Columns;
            float output = work.Bias;
            for (int k = 0; k < work.Columns; k++) output += x[k] * w[k];
            float weight = rowWeights == null ? 1 : rowWeights[row];
            sum += weight * TLoss.Evaluate(loss, output, ((float*)work.Labels)[row], out float slope);
            slope *= weight * work.Scale;
            biasGradient += slope;
            for (int k = 0; k < work.Columns; k++) g[k] += slope * x[k];
        }
        *(float*)work.BiasGradient += biasGradient;
        return sum;
    }

    private readonly record struct Work(
        nint Features, int Columns, nint Labels, nint RowWeights, nint Rows, int Count, nint Weights, float Bias, float Scale, nint Gradient, nint BiasGradient);

    private readonly struct Lanes1 : ILanes
    {
        public static int Count => 1;
    }

    private readonly struct Lanes2 : ILanes
    {
        public static int Count => 2;
    }

    private readonly struct Lanes3 : ILanes
    {
        public static int Count => 3;
    }

    private readonly struct Lanes4 : ILanes
    {
        public static int Count => 4;
    }

    private readonly struct Squared : IRowLoss
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static float Evaluate(Loss loss, float output, float label, out float slope)
        {
            float error = output - label;
            slope = 2 * error;
            return error * error;
        }
    }

    private readonly struct Logistic : IRowLoss
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static float Evaluate(Loss loss, float output, float label, out float slope)
        {
            float small = MathF.Exp(-MathF.Abs(output));
            slope = (output >= 0 ? 1 / (1 + small) : small / (1 + small)) - label;
            return Math.Max(output, 0) - output * label + LogOnePlus(small);
        }

        /// <summary>ln(1 + x) that keeps the digits of a small x.</summary>
        private static float LogOnePlus(float x) => (float)Math.Log(1.0 + x);
    }

    private readonly struct Any : IRowLoss
    {
        public static float Evaluate(Loss loss, float output, float label, out float slope)
        {
            slope = 0;
            return (float)loss.Evaluate(new ReadOnlySpan<float>(in output), new ReadOnlySpan<float>(in label), new Span<float>(ref slope));
        }
    }
}
