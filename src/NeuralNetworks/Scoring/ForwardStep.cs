namespace Microsoft.ML.NeuralNetworks.Scoring;

/// <summary>
/// One layer with its weights, prepared for scoring. Immutable: threads share it, each with its own buffers.
/// In all buffers a row starts every <see cref="Stride"/>(width) floats; the floats between the end of a row and its stride may be
/// read and written but mean nothing. Dropout and the like do not exist here.
/// </summary>
internal abstract class ForwardStep(int inputs, int outputs)
{
    public int Inputs { get; } = inputs;

    public int Outputs { get; } = outputs;

    /// <summary>Floats that <see cref="Run"/> needs per row besides input and output.</summary>
    public virtual int ScratchPerRow => 0;

    /// <summary>Computes the first <paramref name="rows"/> rows. Each row's result depends on that row alone, bit for bit.</summary>
    public abstract void Run(ReadOnlySpan<float> input, Span<float> output, int rows, Span<float> scratch);

    /// <summary>Floats from one row to the next: the width rounded up to two cache lines.</summary>
    public static int Stride(int width) => (width + 31) / 32 * 32;

    /// <summary>Numbers per column as a row of this width: the values, then zeros.</summary>
    protected static Memory<float> Pad(ReadOnlySpan<float> values, int width)
    {
        Memory<float> padded = AlignedMemory.Allocate<float>(Stride(width));
        values.CopyTo(padded.Span);
        return padded;
    }

    /// <summary>A matrix of rows of <paramref name="width"/> with zeros after each, up to <paramref name="padded"/>.</summary>
    protected static Memory<float> PadRows(ReadOnlySpan<float> matrix, int width, int padded)
    {
        int rows = matrix.Length / width;
        Memory<float> result = AlignedMemory.Allocate<float>(checked(rows * padded));
        for (int row = 0; row < rows; row++) matrix.Slice(row * width, width).CopyTo(result.Span[(row * padded)..]);
        return result;
    }
}
