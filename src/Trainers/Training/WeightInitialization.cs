namespace Microsoft.ML.Trainers.Torch;

/// <summary>The weights that training starts from. Biases start at 0 but for <see cref="DataDriven"/>.</summary>
public enum WeightInitialization
{
    /// <summary>
    /// Uniform with variance 2 / inputs, which keeps the size of activations through rectifiers, and 1 / inputs in the output layer
    /// (He, Zhang, Ren and Sun 2015, Delving deep into rectifiers, arXiv:1502.01852). Also called He.
    /// </summary>
    Kaiming,

    /// <summary>As <see cref="Kaiming"/>, but normal.</summary>
    KaimingNormal,

    /// <summary>
    /// Uniform with variance 2 / (inputs + outputs), a middle between what keeps activations and what keeps gradients
    /// (Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward neural networks). Also called Glorot; for tanh and the like.
    /// </summary>
    Xavier,

    /// <summary>As <see cref="Xavier"/>, but normal.</summary>
    XavierNormal,

    /// <summary>
    /// By what the layers do to up to 4,096 training rows, one layer after the other: weights as <see cref="Kaiming"/>'s are divided by the standard
    /// deviation of their unit's outputs, and the bias puts the bend of the activation among the rows (minus a random convex combination of the
    /// unit's outputs on five of them). The scaling is that of LSUV (Mishkin and Matas 2015, All you need is a good init, arXiv:1511.06422)
    /// per unit, the bias that of Holzmueller, Grinsztajn and Steinwart 2024, Better by default, arXiv:2407.04491.
    /// </summary>
    DataDriven,
}
