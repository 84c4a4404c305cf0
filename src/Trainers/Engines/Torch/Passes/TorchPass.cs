using static TorchSharp.torch;

namespace Microsoft.ML.Trainers.Torch.Engines.Passes;

/// <summary>Which rows a pass is over: so many from a place in a tensor of row numbers.</summary>
internal readonly record struct BatchRows(Tensor Order, int First, int Count);

/// <summary>How the engine gets from rows to the loss and the gradient.</summary>
internal abstract class TorchPass : IDisposable
{
    /// <summary>
    /// Gradients become (or, if <paramref name="accumulate"/>, grow by) <paramref name="scale"/> times the gradient of sum(w loss), and
    /// <paramref name="lossSum"/>, a number in double on the device, grows by sum(w loss).
    /// </summary>
    public abstract void Run(in BatchRows rows, double scale, bool accumulate, in StepSettings settings, Tensor lossSum);

    public abstract void Dispose();
}
