namespace Microsoft.ML.Trainers.Torch;

/// <summary>How weight decay acts. Each optimizer has its own default, the one of its paper or of its usual implementation.</summary>
public enum WeightDecayKind
{
    /// <summary>decay * w is added to the gradient and passes through momentum and scaling (L2 regularisation).</summary>
    Coupled,

    /// <summary>w shrinks by rate * decay * w beside the step. Loshchilov and Hutter 2019, arXiv:1711.05101.</summary>
    Decoupled,

    /// <summary>w shrinks by decay * w at every step, whatever the rate.</summary>
    Fixed,
}
