using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.NeuralNetworks.Scoring;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Training;

namespace Microsoft.ML.Trainers.Torch.Tabular;

/// <summary>
/// First weights by what they do to training rows: each unit's outputs get a deviation of 1, and its bias puts the bend of the activation among the
/// rows. Weights are normal and divided by the deviation of their own output; a bias is minus a random convex combination (exponential
/// weights) of the unit's outputs on five random rows. Holzmueller et al. 2024, arXiv:2407.04491 ("he+5").
/// </summary>
internal static class FirstWeights
{
    private const int MaximumRows = 4096;
    private const int RowsPerBias = 5;

    public static float[] Of(Network network, TabularEncoding encoding, TrainingData data, bool dataDriven, ulong seed)
    {
        var random = new RandomStream(seed, RandomStream.Purpose.Weights);
        float[] weights = new float[network.Layout.Length];
        encoding.Fill(network.Layout, weights, ref random);
        Activations rows = Activations.Sample(data, MaximumRows, ref random);
        foreach (Layer layer in network.Layers)
        {
            switch (layer)
            {
                case NtkDense:
                    Fill(layer, network.Layout, weights, ref random);
                    if (dataDriven) Adapt(layer, network.Layout, weights, rows, ref random);
                    break;
                case Scaling or ParametricActivation:
                    foreach (ParameterSpec spec in layer.Parameters) network.Layout[spec.Name].In(weights.AsSpan()).Fill(1);
                    break;
            }
            if (dataDriven) rows = rows.Through(layer, network.Layout, weights);
        }
        return weights;
    }

    private static void Fill(Layer layer, ParameterLayout layout, Span<float> weights, ref RandomStream random)
    {
        foreach (ref float value in layout[$"{layer.Name}.weight"].In(weights)) value = (float)random.NextNormal();
        if (layer.Name == "output") return;
        foreach (ref float value in layout[$"{layer.Name}.bias"].In(weights)) value = (float)random.NextNormal();
    }

    private static void Adapt(Layer layer, ParameterLayout layout, Span<float> weights, Activations rows, ref RandomStream random)
    {
        Span<float> weight = layout[$"{layer.Name}.weight"].In(weights), bias = layout[$"{layer.Name}.bias"].In(weights);
        bias.Clear();
        Activations outputs = rows.Through(layer, layout, weights);
        int units = layer.Outputs;
        Span<double> share = stackalloc double[RowsPerBias];
        for (int unit = 0; unit < units; unit++)
        {
            double mean = 0, square = 0;
            for (int row = 0; row < outputs.Rows; row++)
            {
                // Welford: no cancellation.
                double delta = outputs[row, unit] - mean;
                mean += delta / (row + 1);
                square += delta * (outputs[row, unit] - mean);
            }
            double deviation = Math.Sqrt(square / outputs.Rows);
            // Rows that are all alike say nothing about the scale.
            double factor = deviation > 1e-6 ? 1 / deviation : 1;
            for (int input = 0; input < layer.Inputs; input++) weight[input * units + unit] *= (float)factor;
            double total = 0, sum = 0;
            for (int k = 0; k < RowsPerBias; k++) total += share[k] = -Math.Log(1 - random.NextDouble());
            for (int k = 0; k < RowsPerBias; k++) sum += share[k] / total * outputs[random.NextInt(outputs.Rows), unit];
            bias[unit] = (float)(-factor * sum);
        }
    }

    /// <summary>What some rows have become between two layers.</summary>
    private sealed class Activations(int rows, int stride, Memory<float> values)
    {
        public int Rows => rows;

        public float this[int row, int column] => values.Span[row * stride + column];

        public static Activations Sample(TrainingData data, int maximum, ref RandomStream random)
        {
            int count = Math.Min(maximum, data.Rows), stride = ForwardStep.Stride(data.Columns);
            int[] order = [.. Enumerable.Range(0, data.Rows)];
            random.Shuffle(order);
            Memory<float> values = AlignedMemory.Allocate<float>(checked(count * stride));
            for (int i = 0; i < count; i++)
                data.Features.Span.Slice(order[i] * data.Columns, data.Columns).CopyTo(values.Span[(i * stride)..]);
            return new Activations(count, stride, values);
        }

        public Activations Through(Layer layer, ParameterLayout layout, ReadOnlySpan<float> weights)
        {
            var single = new Network([layer]);
            float[] own = new float[single.Layout.Length];
            foreach (ParameterSlot slot in single.Layout) layout[slot.Spec.Name].In(weights).CopyTo(slot.In(own.AsSpan()));
            var pass = new ForwardPass(single, own);
            if (pass.Steps.IsEmpty) return this;
            int width = ForwardStep.Stride(layer.Outputs);
            Memory<float> outputs = AlignedMemory.Allocate<float>(checked(rows * width));
            Memory<float> scratch = AlignedMemory.Allocate<float>(rows * pass.ScratchPerRow);
            pass.Steps[0].Run(values.Span, outputs.Span, rows, scratch.Span);
            return new Activations(rows, width, outputs);
        }
    }
}
