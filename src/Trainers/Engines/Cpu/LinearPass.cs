using Microsoft.ML.NeuralNetworks.Kernels;
using Microsoft.ML.Trainers.Torch.Data;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>
/// A linear model with one output in a single pass over the data where it lies: for each row the dot product, the loss, and the
/// row times the loss's slope added to the gradient.
/// </summary>
internal abstract unsafe class LinearPass
{
    private protected readonly Loss loss;
    private protected readonly int columns;
    private protected readonly float* features, labels, rowWeights;

    private protected LinearPass(Loss loss, TrainingData data)
    {
        this.loss = loss;
        columns = data.Columns;
        features = AlignedBuffer.AddressOf(data.Features);
        labels = AlignedBuffer.AddressOf(data.Labels);
        rowWeights = AlignedBuffer.AddressOf(data.Weights);
    }

    /// <summary>Gradients become scale times the gradient of sum(w loss), or grow by it.</summary>
    /// <returns>sum(w loss), unscaled.</returns>
    public abstract double ForwardBackward(int* rows, int count, float* weights, float bias, float scale, float* gradient, float* biasGradient, bool accumulate);

    /// <summary>The pass for these data: the widest lane that fits into a row, and the gradient in registers for up to four of them.</summary>
    public static LinearPass For(Loss loss, TrainingData data) => loss switch
    {
        SquaredError => For<SquaredRow>(loss, data),
        LogisticLoss => For<LogisticRow>(loss, data),
        _ => For<AnyRow>(loss, data),
    };

    private static LinearPass For<TLoss>(Loss loss, TrainingData data) where TLoss : struct, IRowLoss
    {
        if (Simd.Width >= 512 && data.Columns >= Lane512.Count) return For<Lane512, TLoss>(loss, data);
        if (Simd.Width >= 256 && data.Columns >= Lane256.Count) return For<Lane256, TLoss>(loss, data);
        if (data.Columns >= Lane128.Count) return For<Lane128, TLoss>(loss, data);
        return new NarrowLinearPass<TLoss>(loss, data);
    }

    private static LinearPass For<T, TLoss>(Loss loss, TrainingData data) where T : struct, ILane<T> where TLoss : struct, IRowLoss =>
        ((data.Columns + T.Count - 1) / T.Count) switch
        {
            1 => new LaneLinearPass<T, TLoss, LaneLinearPass.Lanes1>(loss, data),
            2 => new LaneLinearPass<T, TLoss, LaneLinearPass.Lanes2>(loss, data),
            3 => new LaneLinearPass<T, TLoss, LaneLinearPass.Lanes3>(loss, data),
            4 => new LaneLinearPass<T, TLoss, LaneLinearPass.Lanes4>(loss, data),
            _ => new WideLinearPass<T, TLoss>(loss, data),
        };
}
