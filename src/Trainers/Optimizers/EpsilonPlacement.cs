namespace Microsoft.ML.Trainers.Torch;

/// <summary>Where the small number stands that keeps a division by a root finite. The same number means different floors.</summary>
public enum EpsilonPlacement
{
    /// <summary>g / (sqrt(v) + epsilon): PyTorch, TorchSharp. The floor of the denominator is epsilon.</summary>
    OutsideRoot,

    /// <summary>g / sqrt(v + epsilon): Keras, optax by default for RMSprop. The floor of the denominator is sqrt(epsilon).</summary>
    InsideRoot,
}
