using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.NeuralNetworks.Scoring;
using Microsoft.ML.Trainers.Torch.Data;

namespace Microsoft.ML.Trainers.Torch.Training;

/// <summary>
/// First weights by what they do to training rows: each unit's outputs get a deviation of 1, and its bias puts the bend of the activation among the
/// rows. Weights are divided by the deviation of their own output; a bias is minus a random convex combination (exponential weights) of the
/// unit's outputs on five random rows. Holzmueller et al. 2024, arXiv:2407.04491 ("he+5").
/// </summary>
internal static class DataDrivenWeights
{
    private const int MaximumRows = 4096;
    private const int RowsPerBias = 5;

    /// <summary>Scales the dense layers one after the other, those within residual blocks too.</summary>
    public static void Adapt(Network network, Span<float> weights, TrainingData data, ref RandomStream random)
    {
        LayerValues rows = LayerValues.Sample(data, MaximumRows, ref random);
        Adapt(network.Layers, network.Layout, weights, rows, ref random);
    }

    /// <summary>Rows to adapt layers to.</summary>
    public static LayerValues Sample(TrainingData data, ref RandomStream random) => LayerValues.Sample(data, MaximumRows, ref random);

    /// <summary>Scales one dense layer for the rows in front of it.</summary>
    public static void Adapt(Layer layer, ParameterLayout layout, Span<float> weights, LayerValues rows, ref RandomStream random)
    {
        Span<float> weight = layout[$"{layer.Name}.weight"].In(weights), bias = layout[$"{layer.Name}.bias"].In(weights);
        bias.Clear();
        LayerValues outputs = rows.Through(layer, layout, weights);
        // Members that share weights share the scale of a unit too.
        int members = layer is EnsembleDense ensemble ? ensemble.Members : 1, units = layer.Outputs / members;
        Span<double> share = stackalloc double[RowsPerBias];
        for (int unit = 0; unit < units; unit++)
        {
            double variance = 0;
            for (int column = unit; column < layer.Outputs; column += units) variance += outputs.Variance(column) / members;
            double deviation = Math.Sqrt(variance);
            // Rows that are all alike say nothing about the scale.
            double factor = deviation > 1e-6 ? 1 / deviation : 1;
            for (int place = unit; place < weight.Length; place += units) weight[place] *= (float)factor;
            for (int column = unit; column < layer.Outputs; column += units)
            {
                double total = 0, sum = 0;
                for (int k = 0; k < RowsPerBias; k++) total += share[k] = -Math.Log(1 - random.NextDouble());
                for (int k = 0; k < RowsPerBias; k++) sum += share[k] / total * outputs[random.NextInt(outputs.Rows), column];
                bias[column] = (float)(-factor * sum);
            }
        }
    }

    private static void Adapt(IEnumerable<Layer> layers, ParameterLayout layout, Span<float> weights, LayerValues rows, ref RandomStream random)
    {
        foreach (Layer layer in layers)
        {
            if (layer is Residual residual) Adapt(residual.Block, layout, weights, rows, ref random);
            else if (layer is Dense or NtkDense) Adapt(layer, layout, weights, rows, ref random);
            rows = rows.Through(layer, layout, weights);
        }
    }
}

/// <summary>What some rows have become between two layers.</summary>
internal sealed class LayerValues(int rows, int stride, Memory<float> values)
{
    public int Rows => rows;

    public float this[int row, int column] => values.Span[row * stride + column];

    public double Variance(int column)
    {
        double mean = 0, square = 0;
        for (int row = 0; row < rows; row++)
        {
            // Welford: no cancellation.
            double delta = this[row, column] - mean;
            mean += delta / (row + 1);
            square += delta * (this[row, column] - mean);
        }
        return square / rows;
    }

    public static LayerValues Sample(TrainingData data, int maximum, ref RandomStream random)
    {
        int count = Math.Min(maximum, data.Rows), stride = ForwardStep.Stride(data.Columns);
        int[] order = [.. Enumerable.Range(0, data.Rows)];
        random.Shuffle(order);
        Memory<float> values = AlignedMemory.Allocate<float>(checked(count * stride));
        for (int i = 0; i < count; i++)
            data.Features.Span.Slice(order[i] * data.Columns, data.Columns).CopyTo(values.Span[(i * stride)..]);
        return new LayerValues(count, stride, values);
    }

    public LayerValues Through(Layer layer, ParameterLayout layout, ReadOnlySpan<float> weights)
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
        return new LayerValues(rows, width, outputs);
    }
}
