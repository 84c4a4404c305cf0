using Microsoft.ML.NeuralNetworks;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>What the outputs of a network in scoring mode are, and how they change with its inputs, for blocks of rows.</summary>
internal sealed unsafe class InputGradients
{
    /// <summary>The most rows of a block.</summary>
    public const int BlockRows = 256;

    private readonly Network network;
    private readonly PassChain chain;
    private readonly AlignedBuffer input = new();
    private readonly Memory<float> weights, unused;
    private readonly int inputStride, outputStride;

    /// <param name="network">One whose layers <see cref="LayerPasses.Knows"/>.</param>
    /// <param name="weights">A buffer of its layout; copied.</param>
    public InputGradients(Network network, ReadOnlySpan<float> weights)
    {
        this.network = network;
        this.weights = AlignedMemory.Allocate<float>(network.Layout.Length);
        unused = AlignedMemory.Allocate<float>(network.Layout.Length);
        weights.CopyTo(this.weights.Span);
        var shared = new SharedWeights(network, passesBack: true);
        shared.Pack(weights, training: true, part: 0, parts: 1);
        chain = new PassChain(network.Layers, network, shared, passesBack: true);
        (inputStride, outputStride) = (LayerPass.Stride(network.Inputs), LayerPass.Stride(network.Outputs));
        input.Reserve(BlockRows * inputStride);
        chain.Reserve(BlockRows);
    }

    /// <summary>The outputs of the rows, without gaps.</summary>
    public void Outputs(ReadOnlySpan<float> rows, int count, Span<float> outputs) => Copy(Forward(rows, count), count, outputStride, network.Outputs, outputs);

    /// <summary>For each row the sum over the outputs of slope times the derivative of the output by each input.</summary>
    /// <param name="rows">Rows, without gaps.</param>
    /// <param name="count">How many, at most <see cref="BlockRows"/>.</param>
    /// <param name="slopes">Rows x outputs.</param>
    /// <param name="gradients">Rows x inputs.</param>
    public void Backward(ReadOnlySpan<float> rows, int count, ReadOnlySpan<float> slopes, Span<float> gradients)
    {
        Forward(rows, count);
        int outputs = network.Outputs;
        for (int row = 0; row < count; row++)
            slopes.Slice(row * outputs, outputs).CopyTo(new Span<float>(chain.OutputGradient + (nint)row * outputStride, outputs));
        Copy(chain.Backward(Context(count)), count, inputStride, network.Inputs, gradients);
    }

    private float* Forward(ReadOnlySpan<float> rows, int count)
    {
        int inputs = network.Inputs;
        for (int row = 0; row < count; row++)
            rows.Slice(row * inputs, inputs).CopyTo(new Span<float>(input.Pointer + (nint)row * inputStride, inputs));
        return chain.Forward(input.Pointer, Context(count));
    }

    private PassContext Context(int rows) =>
        new((nint)AlignedBuffer.AddressOf(weights), (nint)AlignedBuffer.AddressOf(unused), rows, FirstRow: 0, Accumulate: false, Step: 0, Seed: 0, DropoutScale: 0, Training: false);

    private static void Copy(float* from, int rows, int stride, int width, Span<float> to)
    {
        for (int row = 0; row < rows; row++) new ReadOnlySpan<float>(from + (nint)row * stride, width).CopyTo(to.Slice(row * width, width));
    }
}
