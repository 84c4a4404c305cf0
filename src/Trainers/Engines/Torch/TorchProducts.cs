using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Trainers.Torch.Engines;

/// <summary>
/// The three products of a dense layer by libtorch, for an engine whose matrices are plain memory: Z = factor X W, dW = X' dZ and dX = dZ W'. Each is one call of
/// <c>addmm_</c> on tensors that are there already, on the calling thread alone. The weights and their gradient are tensors where they lie; X and Z, which cost little
/// beside the products, are copied into tensors without gaps.
/// </summary>
internal sealed unsafe class TorchProducts : IDisposable
{
    private readonly int inputs, outputs;
    private readonly ParameterSlot slot;
    private readonly float factor;
    private readonly Dictionary<int, Block> blocks = [];
    private Memory<float> x, z;
    private Tensor? allX, allZ, weights, transposedWeights, gradient;
    private int capacity;

    /// <param name="inputs">Columns of X.</param>
    /// <param name="outputs">Columns of Z.</param>
    /// <param name="slot">Where W lies among the weights, and dW among the gradients.</param>
    /// <param name="factor">See above.</param>
    public TorchProducts(int inputs, int outputs, ParameterSlot slot, float factor)
    {
        (this.inputs, this.outputs, this.slot, this.factor) = (inputs, outputs, slot, factor);
        Libtorch.EnsureLoaded();
    }

    /// <summary>Makes room for X and Z of that many rows.</summary>
    public void Reserve(int rows)
    {
        if (rows <= capacity) return;
        ForgetRows();
        capacity = rows;
        x = AlignedMemory.Allocate<float>(checked(rows * inputs));
        z = AlignedMemory.Allocate<float>(checked(rows * outputs));
        using DisposeScope scope = NewDisposeScope();
        allX = TorchEngine.Share(x).view(rows, inputs).DetachFromDisposeScope();
        allZ = TorchEngine.Share(z).view(rows, outputs).DetachFromDisposeScope();
    }

    /// <summary>Z for rows of X, which are kept for <see cref="WeightGradient"/>.</summary>
    /// <param name="from">X, rows <paramref name="fromStride"/> apart.</param>
    /// <param name="fromStride">From a row to the next.</param>
    /// <param name="all">The flat buffer that holds W: the same one for all calls.</param>
    /// <param name="to">Z, rows <paramref name="toStride"/> apart.</param>
    /// <param name="toStride">From a row to the next.</param>
    /// <param name="rows">Their number.</param>
    public void Forward(float* from, nint fromStride, Memory<float> all, float* to, nint toStride, int rows)
    {
        Copy(from, fromStride, x, inputs, rows);
        Block block = Rows(rows);
        weights ??= View(all);
        Multiply(block.Z, block.X, weights, accumulate: false, factor);
        Copy(z, outputs, to, toStride, rows);
    }

    /// <summary>dW for the rows of the last <see cref="Forward"/>, and dZ, which is kept for <see cref="InputGradient"/>.</summary>
    /// <param name="from">dZ, rows <paramref name="fromStride"/> apart.</param>
    /// <param name="fromStride">From a row to the next.</param>
    /// <param name="all">The flat buffer that takes dW: the same one for all calls.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="accumulate">Whether dW is added to what is there.</param>
    public void WeightGradient(float* from, nint fromStride, Memory<float> all, int rows, bool accumulate)
    {
        Copy(from, fromStride, z, outputs, rows);
        Block block = Rows(rows);
        gradient ??= View(all);
        Multiply(gradient, block.TransposedX, block.Z, accumulate, factor: 1);
    }

    /// <summary>dX for the dZ of the last <see cref="WeightGradient"/>; it takes the place of X.</summary>
    /// <param name="to">dX, rows <paramref name="toStride"/> apart.</param>
    /// <param name="toStride">From a row to the next.</param>
    /// <param name="rows">The number of rows.</param>
    public void InputGradient(float* to, nint toStride, int rows)
    {
        Block block = Rows(rows);
        if (transposedWeights is null)
        {
            using DisposeScope scope = NewDisposeScope();
            transposedWeights = weights!.t().DetachFromDisposeScope();
        }
        Multiply(block.X, block.Z, transposedWeights, accumulate: false, factor: 1);
        Copy(x, inputs, to, toStride, rows);
    }

    public void Dispose()
    {
        ForgetRows();
        weights?.Dispose();
        transposedWeights?.Dispose();
        gradient?.Dispose();
    }

    private static void Multiply(Tensor c, Tensor a, Tensor b, bool accumulate, float factor)
    {
        using TorchState.OneThreadScope alone = TorchState.OneThread();
        c.addmm_(a, b, beta: accumulate ? 1 : 0, alpha: factor);
    }

    private Tensor View(Memory<float> all)
    {
        using DisposeScope scope = NewDisposeScope();
        return TorchEngine.View(TorchEngine.Share(all), slot).DetachFromDisposeScope();
    }

    /// <summary>The first rows of X and Z. A run meets few numbers of them: a full block, and what is left of a batch.</summary>
    private Block Rows(int count)
    {
        if (blocks.TryGetValue(count, out Block known)) return known;
        using DisposeScope scope = NewDisposeScope();
        Tensor rowsOfX = allX!.narrow(0, 0, count);
        var block = new Block(rowsOfX.DetachFromDisposeScope(), rowsOfX.t().DetachFromDisposeScope(), allZ!.narrow(0, 0, count).DetachFromDisposeScope());
        blocks.Add(count, block);
        return block;
    }

    private void ForgetRows()
    {
        foreach (Block block in blocks.Values)
        {
            block.X.Dispose();
            block.TransposedX.Dispose();
            block.Z.Dispose();
        }
        blocks.Clear();
        allX?.Dispose();
        allZ?.Dispose();
    }

    private static void Copy(float* from, nint stride, Memory<float> to, int columns, int rows)
    {
        Span<float> target = to.Span;
        for (int row = 0; row < rows; row++) new ReadOnlySpan<float>(from + row * stride, columns).CopyTo(target[(row * columns)..]);
    }

    private static void Copy(Memory<float> from, int columns, float* to, nint stride, int rows)
    {
        ReadOnlySpan<float> source = from.Span;
        for (int row = 0; row < rows; row++) source.Slice(row * columns, columns).CopyTo(new Span<float>(to + row * stride, columns));
    }

    private readonly record struct Block(Tensor X, Tensor TransposedX, Tensor Z);
}
