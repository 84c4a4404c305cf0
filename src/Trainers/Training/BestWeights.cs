namespace Microsoft.ML.Trainers.Torch.Training;

/// <summary>The best epoch so far by validation loss, its weights, and how long ago it was.</summary>
internal sealed class BestWeights(int length, double minimumDelta)
{
    private readonly float[] weights = new float[length];

    public int Epoch { get; private set; } = -1;

    public double Loss { get; private set; } = double.PositiveInfinity;

    /// <summary>Epochs since the best one.</summary>
    public int Waited { get; private set; }

    public ReadOnlySpan<float> Weights => weights;

    /// <summary>Notes the result of an epoch, and copies its weights if it is the best.</summary>
    public void Observe(int epoch, double loss, Action<Span<float>> copyWeights)
    {
        if (loss < Loss - minimumDelta)
        {
            (Epoch, Loss, Waited) = (epoch, loss, 0);
            copyWeights(weights);
        }
        else
        {
            Waited++;
        }
    }
}
