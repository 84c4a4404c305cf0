namespace Microsoft.ML.Trainers.Torch;

/// <summary>The polynomials by which <see cref="Muon"/> brings a matrix near to orthogonality.</summary>
public enum MuonCoefficients
{
    /// <summary>Jordan's, the same at every iteration: singular values end between 0.7 and 1.2.</summary>
    Original,

    /// <summary>Another polynomial at each of five iterations (Franz Cesista et al. 2025).</summary>
    Quintic,

    /// <summary>The best polynomial for each of eight iterations. Amsel et al. 2025, arXiv:2505.16932.</summary>
    PolarExpress,

    /// <summary>The same with a margin for low precision.</summary>
    PolarExpressSafer,
}

/// <summary>How the rate of a matrix depends on its shape in <see cref="Muon"/>.</summary>
public enum MuonScale
{
    /// <summary>0.2 sqrt(max(outputs, inputs)): steps as large as AdamW's, so that its rates fit. Liu et al. 2025, arXiv:2502.16982.</summary>
    MatchAdamW,

    /// <summary>sqrt(max(1, outputs / inputs)): Jordan's.</summary>
    Original,

    /// <summary>sqrt(outputs / inputs).</summary>
    RootMeanSquare,

    /// <summary>1 / sqrt(inputs), for the adaptive form.</summary>
    RootOfInputs,

    /// <summary>1.</summary>
    None,
}
