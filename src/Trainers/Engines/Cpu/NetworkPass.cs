using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Kernels;
using Microsoft.ML.Trainers.Torch.Data;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>All layers of a network for one part of a batch: its own activations and gradients.</summary>
internal sealed unsafe class NetworkPass : IDisposable
{
    // Rows that go forward and back together: their activations stay in the second cache.
    private const int UsualBlockRows = 256;

    private readonly PassChain chain;
    private readonly int inputs, outputs, members, inputStride, outputStride, trainingBlockRows;
    private readonly AlignedBuffer input = new();
    private int reserved;

    public NetworkPass(Network network, PackedWeights packed)
    {
        chain = new PassChain(network.Layers, network, packed, passesBack: false);
        (inputs, outputs, members) = (network.Inputs, network.Outputs, network.Members);
        (inputStride, outputStride) = (LayerPass.Stride(inputs), LayerPass.Stride(outputs));
        trainingBlockRows = network.Layers.Any(LayerPasses.NeedsWholeBatch) ? int.MaxValue : UsualBlockRows;
    }

    /// <summary>Forward and backward over rows of the data.</summary>
    /// <param name="loss">The loss.</param>
    /// <param name="smoothing">The label smoothing of this step; null for that of the loss.</param>
    /// <param name="data">Where the rows are.</param>
    /// <param name="rows">Their numbers.</param>
    /// <param name="context">Rows, first row and accumulation are those of this part; blocks follow from it.</param>
    /// <param name="scale">What the loss is multiplied by.</param>
    /// <returns>The scaled sum of the losses.</returns>
    public double ForwardBackward(Loss loss, double? smoothing, TrainingData data, int* rows, in PassContext context, double scale)
    {
        double sum = 0;
        for (int first = 0; first < context.Rows;)
        {
            int count = Math.Min(trainingBlockRows, context.Rows - first);
            PassContext block = context with { Rows = count, Numbers = (nint)(rows + first), FirstRow = context.FirstRow + first, Accumulate = context.Accumulate || first > 0 };
            Reserve(count);
            fixed (float* features = data.Features.Span)
                Rows.Gather(features, inputs, rows + first, count, input.Pointer, inputStride);
            float* output = chain.Forward(input.Pointer, block);
            for (int member = 0; member < members; member++)
            {
                int place = member * outputs / members;
                sum += LossPass.Evaluate(loss, smoothing, data, rows + first, count, output + place, outputStride, outputs / members, scale / members, chain.OutputGradient + place);
            }
            chain.Backward(block);
            first += count;
        }
        return sum;
    }

    /// <summary>The outputs of the rows first .. first + context.Rows - 1 of the data.</summary>
    public void Predict(TrainingData data, int first, in PassContext context, Span<float> result)
    {
        for (int done = 0; done < context.Rows; done += UsualBlockRows)
        {
            PassContext block = context with { Rows = Math.Min(UsualBlockRows, context.Rows - done) };
            Reserve(block.Rows);
            ReadOnlySpan<float> features = data.Features.Span.Slice((first + done) * inputs, block.Rows * inputs);
            for (int r = 0; r < block.Rows; r++)
                features.Slice(r * inputs, inputs).CopyTo(new Span<float>(input.Pointer + (nint)r * inputStride, inputs));
            float* output = chain.Forward(input.Pointer, block);
            for (int r = 0; r < block.Rows; r++)
                new ReadOnlySpan<float>(output + (nint)r * outputStride, outputs).CopyTo(result.Slice((done + r) * outputs, outputs));
        }
    }

    public void Dispose() => chain.Dispose();

    private void Reserve(int rows)
    {
        if (rows <= reserved) return;
        reserved = rows;
        input.Reserve(rows * inputStride);
        chain.Reserve(rows);
    }
}
