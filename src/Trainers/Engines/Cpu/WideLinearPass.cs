using System.Runtime.CompilerServices;
using Microsoft.ML.NeuralNetworks.Kernels;
using Microsoft.ML.Trainers.Torch.Data;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>Rows of more than four lanes: weights and gradient stay in the first cache.</summary>
internal sealed unsafe class WideLinearPass<T, TLoss>(Loss loss, TrainingData data) : LinearPass(loss, data)
    where T : struct, ILane<T> where TLoss : struct, IRowLoss
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override double ForwardBackward(int* rows, int count, float* w, float bias, float scale, float* g, float* biasGradient, bool accumulate)
    {
        if (!accumulate) new Span<float>(g, columns).Clear();
        int columns4 = columns / (4 * T.Count) * 4 * T.Count, whole = columns / T.Count * T.Count;
        float biasSum = accumulate ? *biasGradient : 0;
        double sum = 0;
        for (int i = 0; i < count; i++)
        {
            int row = rows[i];
            float* x = features + (nint)row * columns;
            T a = default, b = default, c = default, d = default;
            for (int k = 0; k < columns4; k += 4 * T.Count)
            {
                a = T.MultiplyAdd(T.Load(x + k), T.Load(w + k), a);
                b = T.MultiplyAdd(T.Load(x + k + T.Count), T.Load(w + k + T.Count), b);
                c = T.MultiplyAdd(T.Load(x + k + 2 * T.Count), T.Load(w + k + 2 * T.Count), c);
                d = T.MultiplyAdd(T.Load(x + k + 3 * T.Count), T.Load(w + k + 3 * T.Count), d);
            }
            for (int k = columns4; k < whole; k += T.Count) a = T.MultiplyAdd(T.Load(x + k), T.Load(w + k), a);
            float output = bias + T.Sum(a + b + (c + d));
            for (int k = whole; k < columns; k++) output += x[k] * w[k];
            float weight = rowWeights == null ? 1 : rowWeights[row];
            sum += weight * TLoss.Evaluate(loss, output, labels[row], out float slope);
            slope *= weight * scale;
            biasSum += slope;
            T s = T.All(slope);
            for (int k = 0; k < whole; k += T.Count) T.Store(T.MultiplyAdd(s, T.Load(x + k), T.Load(g + k)), g + k);
            for (int k = whole; k < columns; k++) g[k] += slope * x[k];
        }
        *biasGradient = biasSum;
        return sum;
    }
}
