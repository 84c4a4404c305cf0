using Microsoft.ML.Trainers.Torch.Checkpoints;

namespace Microsoft.ML.Trainers.Torch.Training;

/// <summary>The best epoch so far by validation loss or metric, its weights, and how long ago it was.</summary>
internal sealed class BestWeights(int length, double minimumDelta)
{
    private readonly float[] weights = new float[length];

    public int Epoch { get; private set; } = -1;

    /// <summary>Its loss, or its metric as one: less is better.</summary>
    public double Loss { get; private set; } = double.PositiveInfinity;

    /// <summary>Epochs since the best one.</summary>
    public int Waited { get; private set; }

    public ReadOnlySpan<float> Weights => weights;

    /// <summary>Notes the result of an epoch, and copies its weights if it is the best.</summary>
    public void Observe(int epoch, double loss, CopyWeights copyWeights)
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

    public void Save(Checkpoint.Builder checkpoint) =>
        checkpoint.Add("best.epoch", Epoch).Add("best.loss", Loss).Add("best.waited", Waited).Add<float>("best.weights", weights);

    public void Restore(Checkpoint checkpoint)
    {
        (Epoch, Loss, Waited) = ((int)checkpoint.Integer("best.epoch"), checkpoint.Number("best.loss"), (int)checkpoint.Integer("best.waited"));
        checkpoint.CopyTensor<float>("best.weights", weights);
    }

    /// <summary>Copies the weights to validate into a buffer of the layout.</summary>
    public delegate void CopyWeights(Span<float> destination);
}
