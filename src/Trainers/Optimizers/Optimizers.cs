namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Makes optimizers. Arguments are the hyper-parameters that are set most; every other one is a property:
/// <code>
/// Optimizers.AdamW(learningRate: 3e-4, weightDecay: 0.05) with { AmsGrad = true }
/// </code>
/// All throw <see cref="ArgumentOutOfRangeException"/> for a number that is out of range.
/// </summary>
public static class Optimizers
{
    /// <summary>Gradient descent, plain or with momentum: <see cref="Torch.Sgd"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="momentum">The part of the velocity that is kept.</param>
    /// <param name="nesterov">Whether the step looks ahead along the velocity.</param>
    /// <param name="weightDecay">Coupled weight decay.</param>
    public static Sgd Sgd(double learningRate = 1e-2, double momentum = 0, bool nesterov = false, double weightDecay = 0) =>
        new() { LearningRate = learningRate, Momentum = momentum, Nesterov = nesterov, WeightDecay = weightDecay };

    /// <summary>Rates that fall with the squares of the gradients so far: <see cref="Torch.Adagrad"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="epsilon">Keeps the division finite.</param>
    /// <param name="epsilonPlacement">Where epsilon stands.</param>
    /// <param name="weightDecay">Coupled weight decay.</param>
    public static Adagrad Adagrad(
        double learningRate = 1e-2, double epsilon = 1e-10, EpsilonPlacement epsilonPlacement = EpsilonPlacement.OutsideRoot, double weightDecay = 0) =>
        new() { LearningRate = learningRate, Epsilon = epsilon, EpsilonPlacement = epsilonPlacement, WeightDecay = weightDecay };

    /// <summary>Division by a running root mean square: <see cref="Torch.RmsProp"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="alpha">The part of the mean square that is kept.</param>
    /// <param name="momentum">The part of the velocity that is kept.</param>
    /// <param name="centered">Whether the mean square is taken around the mean.</param>
    /// <param name="epsilon">Keeps the division finite.</param>
    /// <param name="epsilonPlacement">Where epsilon stands.</param>
    /// <param name="weightDecay">Coupled weight decay.</param>
    public static RmsProp RmsProp(
        double learningRate = 1e-2, double alpha = 0.99, double momentum = 0, bool centered = false, double epsilon = 1e-8,
        EpsilonPlacement epsilonPlacement = EpsilonPlacement.OutsideRoot, double weightDecay = 0) =>
        new()
        {
            LearningRate = learningRate, Alpha = alpha, Momentum = momentum, Centered = centered, Epsilon = epsilon,
            EpsilonPlacement = epsilonPlacement, WeightDecay = weightDecay,
        };

    /// <summary>Means of gradient and square, coupled weight decay: <see cref="Torch.Adam"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="beta1">The part of the mean gradient that is kept.</param>
    /// <param name="beta2">The part of the mean square that is kept.</param>
    /// <param name="epsilon">Keeps the division finite.</param>
    /// <param name="epsilonPlacement">Where epsilon stands.</param>
    /// <param name="weightDecay">Coupled weight decay.</param>
    public static Adam Adam(
        double learningRate = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8,
        EpsilonPlacement epsilonPlacement = EpsilonPlacement.OutsideRoot, double weightDecay = 0) =>
        new()
        {
            LearningRate = learningRate, Beta1 = beta1, Beta2 = beta2, Epsilon = epsilon, EpsilonPlacement = epsilonPlacement,
            WeightDecay = weightDecay,
        };

    /// <summary>Adam with decoupled weight decay, the default choice: <see cref="Torch.AdamW"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="weightDecay">Decoupled weight decay.</param>
    /// <param name="beta1">The part of the mean gradient that is kept.</param>
    /// <param name="beta2">The part of the mean square that is kept.</param>
    /// <param name="epsilon">Keeps the division finite.</param>
    public static AdamW AdamW(double learningRate = 1e-3, double weightDecay = 0.01, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8) =>
        new() { LearningRate = learningRate, WeightDecay = weightDecay, Beta1 = beta1, Beta2 = beta2, Epsilon = epsilon };

    /// <summary>RMSprop as TensorFlow has it: epsilon inside the root, mean squares that start at 1, the rate inside the velocity.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="momentum">The part of the velocity that is kept.</param>
    /// <param name="weightDecay">Coupled weight decay.</param>
    public static RmsProp RmsPropTensorFlow(double learningRate = 1e-2, double momentum = 0.9, double weightDecay = 0) =>
        new()
        {
            LearningRate = learningRate, Alpha = 0.9, Epsilon = 1e-10, EpsilonPlacement = EpsilonPlacement.InsideRoot, Momentum = momentum,
            InitialAccumulator = 1, RateInMomentum = true, WeightDecay = weightDecay,
        };
}
