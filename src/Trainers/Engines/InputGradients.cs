using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Engines.Cpu;

namespace Microsoft.ML.Trainers.Torch.Engines;

/// <summary>What the outputs of a network in scoring mode are, and how they change with its inputs, for blocks of rows.</summary>
internal abstract class InputGradients : IDisposable
{
    /// <summary>The most rows of a block.</summary>
    public const int BlockRows = 256;

    /// <summary>In managed code where that knows every layer, else by libtorch's autograd on the CPU.</summary>
    /// <param name="network">The network.</param>
    /// <param name="weights">A buffer of its layout; copied.</param>
    public static InputGradients Of(Network network, ReadOnlySpan<float> weights) =>
        CpuEngine.WhyNot(network) is null ? new CpuInputGradients(network, weights) : new TorchInputGradients(network, weights);

    /// <summary>The outputs of the rows, without gaps.</summary>
    /// <param name="rows">Rows, without gaps.</param>
    /// <param name="count">How many, at most <see cref="BlockRows"/>.</param>
    /// <param name="outputs">Rows x outputs.</param>
    public abstract void Outputs(ReadOnlySpan<float> rows, int count, Span<float> outputs);

    /// <summary>For each row the sum over the outputs of slope times the derivative of the output by each input.</summary>
    /// <param name="rows">Rows, without gaps.</param>
    /// <param name="count">How many, at most <see cref="BlockRows"/>.</param>
    /// <param name="slopes">Rows x outputs.</param>
    /// <param name="gradients">Rows x inputs.</param>
    public abstract void Backward(ReadOnlySpan<float> rows, int count, ReadOnlySpan<float> slopes, Span<float> gradients);

    public abstract void Dispose();
}
