namespace Microsoft.ML.NeuralNetworks.Scoring;

/// <summary>A step that can take a row as its non-zero values, and so skip the zeros.</summary>
internal abstract class SparseStep(int inputs, int outputs) : ForwardStep(inputs, outputs)
{
    /// <summary>One row; equal to <see cref="ForwardStep.Run"/> on the row with its zeros, but for the sign of zero.</summary>
    public abstract void RunSparse(ReadOnlySpan<int> indices, ReadOnlySpan<float> values, Span<float> output);
}
