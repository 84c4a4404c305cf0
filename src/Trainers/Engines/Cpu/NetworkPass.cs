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
    private readonly int inputs, outputs, inputStride, outputStride, trainingBlockRows;
    private readonly AlignedBuffer input = new();
    private int reserved;

    public NetworkPass(Network network, PackedWeights packed)
    {
        chain = new PassChain(network.Layers, network, packed, passesBack: false);
        (inputs, outputs) = (network.Inputs, network.Outputs);
        Losses = new double[network.Members];
        (inputStride, outputStride) = (LayerPass.Stride(inputs), LayerPass.Stride(outputs));
        trainingBlockRows = network.Layers.Any(LayerPasses.NeedsWholeBatch) ? int.MaxValue : UsualBlockRows;
    }

    /// <summary>The sums of the losses of the rows, weighted but not scaled: one for each member.</summary>
    public double[] Losses { get; }

    /// <summary>Forward and backward over rows of the data. <see cref="Losses"/> are theirs.</summary>
    /// <param name="loss">The loss.</param>
    /// <param name="smoothing">The label smoothing of this step; null for that of the loss.</param>
    /// <param name="data">Where the rows are.</param>
    /// <param name="rows">Their numbers.</param>
    /// <param name="context">Rows, first row and accumulation are those of this part; blocks follow from it.</param>
    /// <param name="scale">What the loss is multiplied by.</param>
    /// <param name="front">What the rows in front of these have come to, if another thread does them.</param>
    /// <returns>Whether all is done; if not, nobody has begun with the rows in front.</returns>
    public bool ForwardBackward(Loss loss, double? smoothing, TrainingData data, int* rows, in PassContext context, double scale, Handover? front = null)
    {
        Array.Clear(Losses);
        bool accumulate = context.Accumulate;
        for (int first = 0; first < context.Rows;)
        {
            int count = Math.Min(trainingBlockRows, context.Rows - first);
            Reserve(count);
            fixed (float* features = data.Features.Span)
                Rows.Gather(features, inputs, rows + first, count, input.Pointer, inputStride);
            PassContext block = context with { Rows = count, Numbers = (nint)(rows + first), FirstRow = context.FirstRow + first };
            float* output = chain.Forward(input.Pointer, block);
            if (first == 0 && front is not null)
            {
                if (!front.TryReceive(context.Gradients!, Losses)) return false;
                accumulate = true;
            }
            for (int member = 0; member < Losses.Length; member++)
            {
                int width = outputs / Losses.Length, place = member * width;
                LossPass.Evaluate(
                    loss, smoothing, data, rows + first, count, output + place, outputStride, width, scale / Losses.Length, chain.OutputGradient + place, ref Losses[member]);
            }
            chain.Backward(block with { Accumulate = accumulate });
            accumulate = true;
            first += count;
        }
        return true;
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
