namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// How precisely libtorch multiplies matrices in training. Weights, gradients, the optimizer's state, norms, losses and all sums stay
/// single precision, and a trained model always scores in single precision.
/// </summary>
/// <remarks>
/// TorchSharp 0.107 has no autocast and no gradient scaler, so half precision (fp16), which needs one, is not offered, nor are weights
/// kept in less than single precision.
/// </remarks>
public enum MatrixPrecision
{
    /// <summary>Single precision: 24 bits.</summary>
    Single,

    /// <summary>
    /// TF32 on GPUs that have it (NVIDIA Ampere and later): factors are rounded to 11 bits, sums are single. PyTorch's
    /// <c>torch.backends.cuda.matmul.allow_tf32</c>. libtorch has one switch for the whole process: it is on while such a fit runs, for
    /// other fits on a GPU too. Elsewhere it has no effect.
    /// </summary>
    TensorFloat32,

    /// <summary>
    /// bf16: the factors of each product are rounded to 8 bits, forward and backward; the product is made single again. It has the range of
    /// single precision, so no loss scaling is needed. On the CPU libtorch computes it too, faster than single precision only on processors
    /// with bf16 instructions (AVX512-BF16, AMX). Held-out rows are scored in single precision, as the model will.
    /// </summary>
    BFloat16,
}
