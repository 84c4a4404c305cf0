using System.Numerics.Tensors;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>y = x + block(x), so dx = dy + the block's gradient.</summary>
internal sealed unsafe class ResidualPass : LayerPass
{
    private readonly int stride;
    private readonly PassChain block;
    private readonly AlignedBuffer y = new();

    public ResidualPass(Residual layer, Network network, PackedWeights packed, bool learnsInFront)
    {
        stride = Stride(layer.Outputs);
        block = new PassChain(layer.Block, network, packed, passesBack: learnsInFront);
    }

    public override bool KeepsOutput => false;

    public override void Reserve(int rows)
    {
        y.Reserve(rows * stride);
        block.Reserve(rows);
    }

    public override float* Forward(float* x, in PassContext context)
    {
        int count = context.Rows * stride;
        float* inner = block.Forward(x, context);
        TensorPrimitives.Add(new ReadOnlySpan<float>(x, count), new ReadOnlySpan<float>(inner, count), y.Span[..count]);
        return y.Pointer;
    }

    public override float* Backward(float* dy, float* dx, in PassContext context)
    {
        var gradient = new Span<float>(dy, context.Rows * stride);
        gradient.CopyTo(new Span<float>(block.OutputGradient, gradient.Length));
        float* inner = block.Backward(context);
        if (dx != null) TensorPrimitives.Add(gradient, new ReadOnlySpan<float>(inner, gradient.Length), gradient);
        return dy;
    }

    public override void Dispose() => block.Dispose();
}
