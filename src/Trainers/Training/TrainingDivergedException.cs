using System.Globalization;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>Training stopped because the loss was no longer a finite number.</summary>
public sealed class TrainingDivergedException : Exception
{
    internal TrainingDivergedException(long step, double learningRate, double loss)
        : base(string.Create(CultureInfo.InvariantCulture,
            $"The loss must be finite but was {loss} at step {step} with learning rate {learningRate:g6}. Lower the rate, warm it up for longer, clip the gradient (GradientClipping) or normalise the features."))
    {
        Step = step;
        LearningRate = learningRate;
        Loss = loss;
    }

    /// <summary>
    /// The step, from 0, whose loss was not finite. Its update was not made. On a GPU, where the loss is looked at 400 times in a run, the
    /// step at which it was noticed.
    /// </summary>
    public long Step { get; }

    /// <summary>The rate at that step of the parameters that are in no group; where all are in groups, the largest.</summary>
    public double LearningRate { get; }

    /// <summary>NaN or an infinity.</summary>
    public double Loss { get; }
}
