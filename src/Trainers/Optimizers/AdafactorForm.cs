namespace Microsoft.ML.Trainers.Torch;

/// <summary>The usual forms of <see cref="Adafactor"/>.</summary>
public enum AdafactorForm
{
    /// <summary>PyTorch's: the step is relative to the weights, the rate is its upper limit.</summary>
    PyTorch,

    /// <summary>The paper's with a given rate, as timm and Hugging Face have it. Matrices whose dimensions exceed SmallestFactored are factored.</summary>
    Paper,

    /// <summary>big_vision's: a mean step and decay like AdamW's; Zhai et al. 2022, arXiv:2106.04560.</summary>
    BigVision,
}
