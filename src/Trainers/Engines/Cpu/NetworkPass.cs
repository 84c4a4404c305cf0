using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Kernels;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch.Data;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>All layers of a network for one part of a batch: its own activations and gradients, the packed weights shared.</summary>
internal sealed unsafe class NetworkPass
{
    /// <summary>Rows that go forward and back together: their activations stay in the second cache.</summary>
    public const int BlockRows = 256;

    private readonly Network network;
    private readonly Loss loss;
    private readonly LayerPass[] layers;
    private readonly int inputStride, outputStride, widest, firstThatLearns;
    private readonly AlignedBuffer input = new(), gradientA = new(), gradientB = new();
    private int reserved;

    public NetworkPass(Network network, Loss loss, IReadOnlyDictionary<Layer, DenseWeights> packed)
    {
        this.network = network;
        this.loss = loss;
        var passes = new List<LayerPass>();
        firstThatLearns = -1;
        for (int i = 0; i < network.Layers.Length; i++)
        {
            if (firstThatLearns < 0 && !network.Layers[i].Parameters.IsEmpty) firstThatLearns = passes.Count;
            switch (network.Layers[i])
            {
                case Dense dense:
                    bool rectified = i + 1 < network.Layers.Length && network.Layers[i + 1] is Activation { Function: ActivationFunction.Relu };
                    passes.Add(new DensePass(dense, network.Layout, packed[dense], rectified));
                    if (rectified) i++;
                    break;
                case Activation activation:
                    passes.Add(new ActivationPass(activation));
                    break;
                default:
                    throw new NotSupportedException(CpuEngine.WhyNot(network)!);
            }
        }
        layers = [.. passes];
        if (firstThatLearns < 0) firstThatLearns = layers.Length;
        inputStride = LayerPass.Stride(network.Inputs);
        outputStride = LayerPass.Stride(network.Outputs);
        widest = Math.Max(inputStride, network.Layers.Max(layer => LayerPass.Stride(layer.Outputs)));
    }

    /// <summary>Forward and backward over rows of the data.</summary>
    /// <param name="data">Where the rows are.</param>
    /// <param name="rows">Their numbers.</param>
    /// <param name="count">How many.</param>
    /// <param name="context">Its rows, first row and accumulation are those of this part; blocks follow from it.</param>
    /// <param name="scale">What the loss is multiplied by.</param>
    /// <returns>The scaled sum of the losses.</returns>
    public double ForwardBackward(TrainingData data, int* rows, int count, in PassContext context, double scale)
    {
        double sum = 0;
        for (int first = 0; first < count; first += BlockRows)
        {
            PassContext block = context with { Rows = Math.Min(BlockRows, count - first), FirstRow = context.FirstRow + first, Accumulate = context.Accumulate || first > 0 };
            Reserve(block.Rows);
            fixed (float* features = data.Features.Span)
                Rows.Gather(features, data.Columns, rows + first, block.Rows, input.Pointer, inputStride);
            float* output = Forward(block);
            sum += LossPass.Evaluate(loss, data, rows + first, block.Rows, output, outputStride, network.Outputs, scale, gradientA.Pointer);
            Backward(block);
        }
        return sum;
    }

    /// <summary>The outputs of the rows first .. first + count - 1 of the data.</summary>
    public void Predict(TrainingData data, int first, int count, in PassContext context, Span<float> outputs)
    {
        int width = network.Outputs;
        for (int done = 0; done < count; done += BlockRows)
        {
            PassContext block = context with { Rows = Math.Min(BlockRows, count - done), FirstRow = first + done, Training = false };
            Reserve(block.Rows);
            ReadOnlySpan<float> features = data.Features.Span.Slice((first + done) * data.Columns, block.Rows * data.Columns);
            for (int r = 0; r < block.Rows; r++)
                features.Slice(r * data.Columns, data.Columns).CopyTo(new Span<float>(input.Pointer + (nint)r * inputStride, data.Columns));
            float* output = Forward(block);
            for (int r = 0; r < block.Rows; r++)
                new ReadOnlySpan<float>(output + (nint)r * outputStride, width).CopyTo(outputs.Slice((done + r) * width, width));
        }
    }

    private float* Forward(in PassContext block)
    {
        float* x = input.Pointer;
        foreach (LayerPass layer in layers) x = layer.Forward(x, block);
        return x;
    }

    private void Backward(in PassContext block)
    {
        float* dy = gradientA.Pointer;
        for (int i = layers.Length - 1; i >= firstThatLearns; i--)
        {
            float* free = dy == gradientA.Pointer ? gradientB.Pointer : gradientA.Pointer;
            dy = layers[i].Backward(dy, i > firstThatLearns ? free : null, block);
        }
    }

    private void Reserve(int rows)
    {
        if (rows <= reserved) return;
        reserved = rows;
        input.Reserve(rows * inputStride);
        gradientA.Reserve(rows * widest);
        gradientB.Reserve(rows * widest);
        foreach (LayerPass layer in layers) layer.Reserve(rows);
    }
}
