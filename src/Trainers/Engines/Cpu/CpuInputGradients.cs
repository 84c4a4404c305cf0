using Microsoft.ML.NeuralNetworks;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>Gradients by the inputs, by the engine's own passes.</summary>
internal sealed unsafe class CpuInputGradients : InputGradients
{
    private readonly Network network;
    private readonly PassChain chain;
    private readonly AlignedBuffer input = new();
    private readonly AlignedBuffer weights = new(), unused = new();
    private readonly int inputStride, outputStride;

    /// <param name="network">One whose layers <see cref="LayerPasses.Knows"/>.</param>
    /// <param name="weights">A buffer of its layout; copied.</param>
    public CpuInputGradients(Network network, ReadOnlySpan<float> weights)
    {
        this.network = network;
        this.weights.Reserve(network.Layout.Length);
        unused.Reserve(network.Layout.Length);
        weights.CopyTo(this.weights.Span);
        var packed = new PackedWeights(network, located: null, LargeProducts.ByLibtorch(network), passesBack: true);
        packed.Pack(weights, training: true, part: 0, parts: 1);
        chain = new PassChain(network.Layers, network, packed, passesBack: true);
        (inputStride, outputStride) = (LayerPass.Stride(network.Inputs), LayerPass.Stride(network.Outputs));
        input.Reserve(BlockRows * inputStride);
        chain.Reserve(BlockRows);
    }

    public override void Outputs(ReadOnlySpan<float> rows, int count, Span<float> outputs)
    {
        Copy(Forward(rows, count), count, outputStride, network.Outputs, outputs);
        // The passes hand out bare pointers into buffers that live as long as this.
        GC.KeepAlive(this);
    }

    public override void Backward(ReadOnlySpan<float> rows, int count, ReadOnlySpan<float> slopes, Span<float> gradients)
    {
        Forward(rows, count);
        int outputs = network.Outputs;
        for (int row = 0; row < count; row++)
            slopes.Slice(row * outputs, outputs).CopyTo(new Span<float>(chain.OutputGradient + (nint)row * outputStride, outputs));
        Copy(chain.Backward(Context(count)), count, inputStride, network.Inputs, gradients);
        GC.KeepAlive(this);
    }

    public override void Dispose() => chain.Dispose();

    private float* Forward(ReadOnlySpan<float> rows, int count)
    {
        int inputs = network.Inputs;
        for (int row = 0; row < count; row++)
            rows.Slice(row * inputs, inputs).CopyTo(new Span<float>(input.Pointer + (nint)row * inputStride, inputs));
        return chain.Forward(input.Pointer, Context(count));
    }

    private PassContext Context(int rows) =>
        new(weights, unused, rows, Numbers: 0, FirstRow: 0, Accumulate: false, Step: 0, Seed: 0, DropoutScale: 0, Training: false);

    private static void Copy(float* from, int rows, int stride, int width, Span<float> to)
    {
        for (int row = 0; row < rows; row++) new ReadOnlySpan<float>(from + (nint)row * stride, width).CopyTo(to.Slice(row * width, width));
    }
}
