using Microsoft.ML.NeuralNetworks;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>
/// Computes one layer on blocks of rows: forward, and backward by a hand-written derivative. Each part of a batch has its own.
/// Matrices are row-major, rows <see cref="Stride"/> apart; what lies between the end of a row and the next means nothing.
/// </summary>
internal abstract unsafe class LayerPass : IDisposable
{
    // Rows whole pages of 4 KB apart share a few places of the caches: a product that reads down a column of 256 of them takes up to a third longer.
    private const int Page = 1024;

    /// <summary>From a row to the next: whole cache lines and never whole pages, except that a single number per row is a plain vector.</summary>
    public static int Stride(int size) => size == 1 ? 1 : Lines(size);

    /// <summary>As <see cref="Stride"/>, also for a single number.</summary>
    private protected static int Lines(int size)
    {
        int padded = ParameterLayout.Padded(size);
        return padded % Page == 0 ? padded + ParameterLayout.Alignment : padded;
    }

    /// <summary>Whether the backward pass reads the outputs, so that the next layer must not overwrite them.</summary>
    public virtual bool KeepsOutput => true;

    /// <summary>Makes room for blocks of that many rows.</summary>
    public abstract void Reserve(int rows);

    /// <summary>The layer's outputs for the inputs <paramref name="x"/>; both stay valid until the backward pass.</summary>
    public abstract float* Forward(float* x, in PassContext context);

    /// <summary>Puts the gradient of the layer's parameters into the context's and gives the gradient of its inputs.</summary>
    /// <param name="dy">The gradient of the outputs; it may be overwritten.</param>
    /// <param name="dx">Room for the gradient of the inputs, or null where nobody needs it.</param>
    /// <param name="context">The block.</param>
    /// <returns><paramref name="dx"/>, or <paramref name="dy"/> where the layer works in place or nobody needs it.</returns>
    public abstract float* Backward(float* dy, float* dx, in PassContext context);

    public virtual void Dispose()
    {
    }

    private protected static Span<float> Row(float* matrix, int row, int stride, int width) => new(matrix + (nint)row * stride, width);
}
