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

    /// <summary>SGD with momentum and decoupled weight decay: <see cref="Torch.Sgd"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="momentum">The part of the velocity that is kept.</param>
    /// <param name="nesterov">Whether the step looks ahead along the velocity.</param>
    /// <param name="weightDecay">Decoupled weight decay.</param>
    public static Sgd SgdW(double learningRate = 1e-2, double momentum = 0.9, bool nesterov = false, double weightDecay = 1e-4) =>
        new()
        {
            LearningRate = learningRate, Momentum = momentum, Nesterov = nesterov, WeightDecay = weightDecay, DecayKind = WeightDecayKind.Decoupled,
        };

    /// <summary>Adam whose mean squares never fall: <see cref="Torch.Adam"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="beta1">The part of the mean gradient that is kept.</param>
    /// <param name="beta2">The part of the mean square that is kept.</param>
    /// <param name="weightDecay">Coupled weight decay.</param>
    public static Adam AmsGrad(double learningRate = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double weightDecay = 0) =>
        new() { LearningRate = learningRate, Beta1 = beta1, Beta2 = beta2, WeightDecay = weightDecay, AmsGrad = true };

    /// <summary>A short and a long step, averaged: <see cref="Torch.AccSgd"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static AccSgd AccSgd(double learningRate = 1e-3, double weightDecay = 0) =>
        new() { LearningRate = learningRate, WeightDecay = weightDecay };

    /// <summary>Several velocities with different memories: <see cref="Torch.AggMo"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static AggMo AggMo(double learningRate = 1e-2, double weightDecay = 0) =>
        new() { LearningRate = learningRate, WeightDecay = weightDecay };

    /// <summary>The sign of a mean gradient: <see cref="Torch.SignSgd"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="momentum">The part of the mean gradient that is kept.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static SignSgd SignSgd(double learningRate = 1e-3, double momentum = 0.9, double weightDecay = 0) =>
        new() { LearningRate = learningRate, Momentum = momentum, WeightDecay = weightDecay };

    /// <summary>Steps in units of earlier steps: <see cref="Torch.Adadelta"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="rho">The part of the running means that is kept.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static Adadelta Adadelta(double learningRate = 1, double rho = 0.9, double weightDecay = 0) =>
        new() { LearningRate = learningRate, Rho = rho, WeightDecay = weightDecay };

    /// <summary>Adam with the largest recent gradient: <see cref="Torch.Adamax"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="beta1">The part of the mean gradient that is kept.</param>
    /// <param name="beta2">The part of the mean square that is kept.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static Adamax Adamax(double learningRate = 2e-3, double beta1 = 0.9, double beta2 = 0.999, double weightDecay = 0) =>
        new() { LearningRate = learningRate, Beta1 = beta1, Beta2 = beta2, WeightDecay = weightDecay };

    /// <summary>Adam with Nesterov momentum that warms up: <see cref="Torch.NAdam"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="beta1">The part of the mean gradient that is kept.</param>
    /// <param name="beta2">The part of the mean square that is kept.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static NAdam NAdam(double learningRate = 2e-3, double beta1 = 0.9, double beta2 = 0.999, double weightDecay = 0) =>
        new() { LearningRate = learningRate, Beta1 = beta1, Beta2 = beta2, WeightDecay = weightDecay };

    /// <summary>AdamW that looks one step ahead: <see cref="Torch.NAdamW"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="beta1">The part of the mean gradient that is kept.</param>
    /// <param name="beta2">The part of the mean square that is kept.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static NAdamW NAdamW(double learningRate = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double weightDecay = 0.01) =>
        new() { LearningRate = learningRate, Beta1 = beta1, Beta2 = beta2, WeightDecay = weightDecay };

    /// <summary>Adam with a built-in warmup: <see cref="Torch.RAdam"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="beta1">The part of the mean gradient that is kept.</param>
    /// <param name="beta2">The part of the mean square that is kept.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static RAdam RAdam(double learningRate = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double weightDecay = 0) =>
        new() { LearningRate = learningRate, Beta1 = beta1, Beta2 = beta2, WeightDecay = weightDecay };

    /// <summary>Adam that divides by the deviation from the mean: <see cref="Torch.AdaBelief"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="beta1">The part of the mean gradient that is kept.</param>
    /// <param name="beta2">The part of the mean square that is kept.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static AdaBelief AdaBelief(double learningRate = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double weightDecay = 0) =>
        new() { LearningRate = learningRate, Beta1 = beta1, Beta2 = beta2, WeightDecay = weightDecay };

    /// <summary>Adam that becomes SGD: <see cref="Torch.AdaBound"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="finalRate">The rate of every parameter at the end.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static AdaBound AdaBound(double learningRate = 1e-3, double finalRate = 0.1, double weightDecay = 0) =>
        new() { LearningRate = learningRate, FinalRate = finalRate, WeightDecay = weightDecay };

    /// <summary>Adam whose mean square moves slowly: <see cref="Torch.Yogi"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="beta1">The part of the mean gradient that is kept.</param>
    /// <param name="beta2">The part of the mean square that is kept.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static Yogi Yogi(double learningRate = 1e-2, double beta1 = 0.9, double beta2 = 0.999, double weightDecay = 0) =>
        new() { LearningRate = learningRate, Beta1 = beta1, Beta2 = beta2, WeightDecay = weightDecay };

    /// <summary>Adam with friction: <see cref="Torch.DiffGrad"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="beta1">The part of the mean gradient that is kept.</param>
    /// <param name="beta2">The part of the mean square that is kept.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static DiffGrad DiffGrad(double learningRate = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double weightDecay = 0) =>
        new() { LearningRate = learningRate, Beta1 = beta1, Beta2 = beta2, WeightDecay = weightDecay };

    /// <summary>Adam with the division before the averaging: <see cref="Torch.LaProp"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="beta1">The part of the mean gradient that is kept.</param>
    /// <param name="beta2">The part of the mean square that is kept.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static LaProp LaProp(double learningRate = 4e-4, double beta1 = 0.9, double beta2 = 0.999, double weightDecay = 0) =>
        new() { LearningRate = learningRate, Beta1 = beta1, Beta2 = beta2, WeightDecay = weightDecay };

    /// <summary>Adam that divides by the past only: <see cref="Torch.Adopt"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="beta1">The part of the mean gradient that is kept.</param>
    /// <param name="beta2">The part of the mean square that is kept.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static Adopt Adopt(double learningRate = 1e-3, double beta1 = 0.9, double beta2 = 0.9999, double weightDecay = 0) =>
        new() { LearningRate = learningRate, Beta1 = beta1, Beta2 = beta2, WeightDecay = weightDecay };

    /// <summary>AdamW without radial steps: <see cref="Torch.AdamP"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="beta1">The part of the mean gradient that is kept.</param>
    /// <param name="beta2">The part of the mean square that is kept.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static AdamP AdamP(double learningRate = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double weightDecay = 0) =>
        new() { LearningRate = learningRate, Beta1 = beta1, Beta2 = beta2, WeightDecay = weightDecay };

    /// <summary>AdamW with a second, slow mean: <see cref="Torch.AdEmaMix"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="alpha">The weight of the slow mean.</param>
    /// <param name="warmupSteps">Steps over which the slow mean gains its weight.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static AdEmaMix AdEmaMix(double learningRate = 1e-3, double alpha = 5, double warmupSteps = 0, double weightDecay = 0) =>
        new() { LearningRate = learningRate, Alpha = alpha, WarmupSteps = warmupSteps, WeightDecay = weightDecay };

    /// <summary>AdEMAMix with one mean and the gradient: <see cref="Torch.SimplifiedAdEmaMix"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="alpha">The weight of the gradient itself.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static SimplifiedAdEmaMix SimplifiedAdEmaMix(double learningRate = 3e-4, double alpha = 0, double weightDecay = 0) =>
        new() { LearningRate = learningRate, Alpha = alpha, WeightDecay = weightDecay };

    /// <summary>Adam with a look-ahead from gradient differences: <see cref="Torch.Adan"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static Adan Adan(double learningRate = 1e-3, double weightDecay = 0) =>
        new() { LearningRate = learningRate, WeightDecay = weightDecay };

    /// <summary>AdamW over gradients of reduced variance: <see cref="Torch.Mars"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="gamma">How much of the difference of gradients is used.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static Mars Mars(double learningRate = 3e-3, double gamma = 0.025, double weightDecay = 0) =>
        new() { LearningRate = learningRate, Gamma = gamma, WeightDecay = weightDecay };

    /// <summary>Momentum over gradients normalised layer by layer: <see cref="Torch.NovoGrad"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="beta1">The part of the mean gradient that is kept.</param>
    /// <param name="beta2">The part of the mean square that is kept.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static NovoGrad NovoGrad(double learningRate = 1e-3, double beta1 = 0.95, double beta2 = 0.98, double weightDecay = 0) =>
        new() { LearningRate = learningRate, Beta1 = beta1, Beta2 = beta2, WeightDecay = weightDecay };

    /// <summary>AdamW with update clipping: <see cref="Torch.StableAdamW"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="beta1">The part of the mean gradient that is kept.</param>
    /// <param name="beta2">The part of the mean square that is kept.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static StableAdamW StableAdamW(double learningRate = 1e-3, double beta1 = 0.9, double beta2 = 0.99, double weightDecay = 0.01) =>
        new() { LearningRate = learningRate, Beta1 = beta1, Beta2 = beta2, WeightDecay = weightDecay };

    /// <summary>Momentumised, adaptive dual averaging: <see cref="Torch.Madgrad"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="momentum">How much of the weights is kept at each step.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static Madgrad Madgrad(double learningRate = 1e-2, double momentum = 0.9, double weightDecay = 0) =>
        new() { LearningRate = learningRate, Momentum = momentum, WeightDecay = weightDecay };

    /// <summary>Lion with one memory: <see cref="Torch.Tiger"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="beta">The part of the mean gradient that is kept.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static Tiger Tiger(double learningRate = 1e-3, double beta = 0.965, double weightDecay = 0.01) =>
        new() { LearningRate = learningRate, Beta = beta, WeightDecay = weightDecay };

    /// <summary>The sign of momentum and gradient: <see cref="Torch.Lion"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="beta1">The part of the momentum in the step.</param>
    /// <param name="beta2">The part of the momentum that is kept.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static Lion Lion(double learningRate = 1e-4, double beta1 = 0.9, double beta2 = 0.99, double weightDecay = 0) =>
        new() { LearningRate = learningRate, Beta1 = beta1, Beta2 = beta2, WeightDecay = weightDecay };

    /// <summary>Adam's length, the gradient's sign: <see cref="Torch.Grams"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="beta1">The part of the mean gradient that is kept.</param>
    /// <param name="beta2">The part of the mean square that is kept.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static Grams Grams(double learningRate = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double weightDecay = 0) =>
        new() { LearningRate = learningRate, Beta1 = beta1, Beta2 = beta2, WeightDecay = weightDecay };

    /// <summary>Gradient descent whose answer is an average: <see cref="Torch.Asgd"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="averageFrom">Steps before the average begins.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static Asgd Asgd(double learningRate = 1e-2, double averageFrom = 1e6, double weightDecay = 0) =>
        new() { LearningRate = learningRate, AverageFrom = averageFrom, WeightDecay = weightDecay };

    /// <summary>A step of its own for every parameter; full batches only: <see cref="Torch.Rprop"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static Rprop Rprop(double learningRate = 1e-2, double weightDecay = 0) =>
        new() { LearningRate = learningRate, WeightDecay = weightDecay };

    /// <summary>Quasi-Newton steps; full batches only: <see cref="Torch.LBfgs"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="iterations">Steps in an update.</param>
    /// <param name="lineSearch">Whether steps are as long as the strong Wolfe conditions ask.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static LBfgs LBfgs(double learningRate = 1, int iterations = 20, bool lineSearch = false, double weightDecay = 0) =>
        new() { LearningRate = learningRate, Iterations = iterations, LineSearch = lineSearch, WeightDecay = weightDecay };

    /// <summary>SGD with a rate per layer: <see cref="Torch.Lars"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="momentum">The part of the velocity that is kept.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static Lars Lars(double learningRate = 1, double momentum = 0.9, double weightDecay = 0) =>
        new() { LearningRate = learningRate, Momentum = momentum, WeightDecay = weightDecay };

    /// <summary>Adam with a rate per layer: <see cref="Torch.Lamb"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="beta1">The part of the mean gradient that is kept.</param>
    /// <param name="beta2">The part of the mean square that is kept.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static Lamb Lamb(double learningRate = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double weightDecay = 0.01) =>
        new() { LearningRate = learningRate, Beta1 = beta1, Beta2 = beta2, WeightDecay = weightDecay };

    /// <summary>Adam with second moments of rows and columns: <see cref="Torch.Adafactor"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="form">Whose form.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static Adafactor Adafactor(double learningRate = 1e-2, AdafactorForm form = AdafactorForm.PyTorch, double weightDecay = 0) =>
        new() { LearningRate = learningRate, Form = form, WeightDecay = weightDecay };

    /// <summary>Adafactor with momentum and confidence: <see cref="Torch.Came"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static Came Came(double learningRate = 2e-4, double weightDecay = 0) =>
        new() { LearningRate = learningRate, WeightDecay = weightDecay };

    /// <summary>Orthogonal steps for matrices, AdamW for vectors: <see cref="Torch.Muon"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="momentum">The part of the velocity that is kept.</param>
    /// <param name="nesterov">Whether the step looks ahead along the velocity.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static Muon Muon(double learningRate = 0.02, double momentum = 0.95, bool nesterov = false, double weightDecay = 0) =>
        new() { LearningRate = learningRate, Momentum = momentum, Nesterov = nesterov, WeightDecay = weightDecay };

    /// <summary>Adam in the eigenbasis of Shampoo: <see cref="Torch.Soap"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="frequency">Steps from one renewal of the basis to the next.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static Soap Soap(double learningRate = 3e-3, int frequency = 10, double weightDecay = 0.01) =>
        new() { LearningRate = learningRate, Frequency = frequency, WeightDecay = weightDecay };

    /// <summary>Adam that estimates its own rate: <see cref="Torch.Prodigy"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="coefficient">A factor of the estimate.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static Prodigy Prodigy(double learningRate = 1, double coefficient = 1, double weightDecay = 0) =>
        new() { LearningRate = learningRate, Coefficient = coefficient, WeightDecay = weightDecay };

    /// <summary>SGD that estimates its own rate: <see cref="Torch.DAdaptSgd"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="momentum">How much of the weights is kept at each step.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static DAdaptSgd DAdaptSgd(double learningRate = 1, double momentum = 0, double weightDecay = 0) =>
        new() { LearningRate = learningRate, Momentum = momentum, WeightDecay = weightDecay };

    /// <summary>Adam that estimates its own rate: <see cref="Torch.DAdaptAdam"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static DAdaptAdam DAdaptAdam(double learningRate = 1, double weightDecay = 0) =>
        new() { LearningRate = learningRate, WeightDecay = weightDecay };

    /// <summary>AdaGrad that estimates its own rate: <see cref="Torch.DAdaptAdaGrad"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static DAdaptAdaGrad DAdaptAdaGrad(double learningRate = 1, double weightDecay = 0) =>
        new() { LearningRate = learningRate, WeightDecay = weightDecay };

    /// <summary>Lion that estimates its own rate: <see cref="Torch.DAdaptLion"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static DAdaptLion DAdaptLion(double learningRate = 1, double weightDecay = 0) =>
        new() { LearningRate = learningRate, WeightDecay = weightDecay };

    /// <summary>SGD whose averaging replaces the schedule: <see cref="Torch.ScheduleFreeSgd"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="momentum">How much of the average the gradients see.</param>
    /// <param name="warmupSteps">Steps over which the rate rises.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static ScheduleFreeSgd ScheduleFreeSgd(double learningRate = 1, double momentum = 0.9, double warmupSteps = 0, double weightDecay = 0) =>
        new() { LearningRate = learningRate, Momentum = momentum, WarmupSteps = warmupSteps, WeightDecay = weightDecay };

    /// <summary>AdamW whose averaging replaces the schedule: <see cref="Torch.ScheduleFreeAdamW"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="beta1">How much of the average the gradients see.</param>
    /// <param name="warmupSteps">Steps over which the rate rises.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static ScheduleFreeAdamW ScheduleFreeAdamW(
        double learningRate = 2.5e-3, double beta1 = 0.9, double warmupSteps = 0, double weightDecay = 0) =>
        new() { LearningRate = learningRate, Beta1 = beta1, WarmupSteps = warmupSteps, WeightDecay = weightDecay };

    /// <summary>RAdam whose averaging replaces the schedule: <see cref="Torch.ScheduleFreeRAdam"/>.</summary>
    /// <param name="learningRate">The peak rate.</param>
    /// <param name="beta1">How much of the average the gradients see.</param>
    /// <param name="weightDecay">How strongly weights are pulled to zero.</param>
    public static ScheduleFreeRAdam ScheduleFreeRAdam(double learningRate = 2.5e-3, double beta1 = 0.9, double weightDecay = 0) =>
        new() { LearningRate = learningRate, Beta1 = beta1, WeightDecay = weightDecay };
}
