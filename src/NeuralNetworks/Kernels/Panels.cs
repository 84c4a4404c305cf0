namespace Microsoft.ML.NeuralNetworks.Kernels;

/// <summary>
/// The right-hand matrix of a product, seen as panels of two lanes of columns (the last may be one lane). Packed panels are
/// contiguous; a row-major matrix is its own panels where its rows are readable up to a whole lane.
/// </summary>
/// <param name="Data">The first number.</param>
/// <param name="PanelStride">From a panel to the next.</param>
/// <param name="RowStride">From a row of a panel to the next.</param>
internal readonly unsafe record struct Panels(nint Data, nint PanelStride, nint RowStride)
{
    /// <summary>A row-major matrix in place. <paramref name="stride"/> must be a multiple of 16, or 8 for up to 8 columns.</summary>
    public static Panels Of(float* matrix, int stride) => new((nint)matrix, 2 * Simd.Count, stride);
}
