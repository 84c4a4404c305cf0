namespace Microsoft.ML.NeuralNetworks.Scoring;

/// <summary>
/// A step that takes a network's input as it comes: rows at any distance, so that they need not be copied, or a row as its non-zero
/// values, so that the zeros are skipped.
/// </summary>
internal abstract class InputStep(int inputs, int outputs) : ForwardStep(inputs, outputs)
{
    public sealed override void Run(ReadOnlySpan<float> input, Span<float> output, int rows, Span<float> scratch) =>
        Run(input, Stride(Inputs), output, rows, scratch);

    /// <summary>As <see cref="ForwardStep.Run"/>; a row of the input starts every <paramref name="inputStride"/> floats, and nothing between rows is read.</summary>
    public abstract void Run(ReadOnlySpan<float> input, int inputStride, Span<float> output, int rows, Span<float> scratch);

    /// <summary>One row; equal to <see cref="ForwardStep.Run"/> on the row with its zeros, but for the sign of zero.</summary>
    public abstract void RunSparse(ReadOnlySpan<int> indices, ReadOnlySpan<float> values, Span<float> output);
}
