using Microsoft.ML.Trainers.Torch.Data;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>Rows shorter than any lane.</summary>
internal sealed unsafe class NarrowLinearPass<TLoss>(Loss loss, TrainingData data) : LinearPass(loss, data) where TLoss : struct, IRowLoss
{
    public override double ForwardBackward(int* rows, int count, float* w, float bias, float scale, float* g, float* biasGradient, bool accumulate)
    {
        if (!accumulate) new Span<float>(g, columns).Clear();
        float biasSum = accumulate ? *biasGradient : 0;
        double sum = 0;
        for (int i = 0; i < count; i++)
        {
            int row = rows[i];
            float* x = features + (nint)row * columns;
            float output = bias;
            for (int k = 0; k < columns; k++) output += x[k] * w[k];
            float weight = rowWeights == null ? 1 : rowWeights[row];
            sum += weight * TLoss.Evaluate(loss, output, labels[row], out float slope);
            slope *= weight * scale;
            biasSum += slope;
            for (int k = 0; k < columns; k++) g[k] += slope * x[k];
        }
        *biasGradient = biasSum;
        return sum;
    }
}
