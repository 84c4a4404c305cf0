using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.NeuralNetworks.Scoring;
using Microsoft.ML.Trainers.Torch.Data;

namespace Microsoft.ML.Trainers.Torch.Tabular;

/// <summary>
/// A linear model as weights of the network: with blends of 0 the activations are the identity, so one hidden unit per output carries the
/// score from the first layer to the last, and encodings of 0 leave the scaled values.
/// </summary>
internal static class LinearMember
{
    /// <summary>Whether the network can be linear: parametric activations, and layers as wide as the output.</summary>
    public static bool Fits(Network network) =>
        network.Layers.All(layer => layer is not (Activation or EnsembleDense)) && network.Layers.OfType<NtkDense>().All(layer => layer.Outputs >= network.Outputs);

    /// <summary>Weights with encodings of 0: numbers reach the first dense layer as scaling leaves them, bent beyond the middle half.</summary>
    public static float[] Bent(Network network, ReadOnlySpan<float> first)
    {
        float[] weights = first.ToArray();
        foreach (ParameterSlot slot in network.Layout)
            if (slot.Spec.Name is "encoding.weight" or "encoding.bias") slot.In(weights.AsSpan()).Clear();
        return weights;
    }

    /// <summary>
    /// Weights with which each encoded number reaches the first dense layer as a straight line, standardised and held within the training rows: the weight of each bin is its
    /// length. A label that is linear in its columns is not linear in bent ones. Null if there are no bins.
    /// </summary>
    public static float[]? Straight(Network network, ReadOnlySpan<float> first, TrainingData data)
    {
        if (network.Layers.OfType<NumericEmbedding>().FirstOrDefault() is not { Bins: > 0 } layer) return null;
        float[] weights = Bent(network, first);
        Span<float> edges = network.Layout["encoding.edges"].In(weights.AsSpan()), scale = network.Layout["encoding.scale"].In(weights.AsSpan());
        foreach (int column in layer.Columns) scale[column] = 0;
        for (int i = 0; i < layer.Columns.Length; i++)
        {
            ReadOnlySpan<float> own = edges.Slice(i * (layer.Bins + 1), layer.Bins + 1);
            Span<float> lengths = Lengths(i);
            for (int bin = 0; bin < layer.Bins; bin++) lengths[(layer.Frequencies + bin) * layer.Width] = own[bin + 1] - own[bin];
        }
        TrainingData raw = Features(network, weights, data);
        ReadOnlySpan<float> lines = raw.Features.Span;
        for (int i = 0; i < layer.Columns.Length; i++)
        {
            double mean = 0, square = 0;
            for (int row = 0; row < raw.Rows; row++)
            {
                double value = lines[row * raw.Columns + i * (layer.Width + 1)], delta = value - mean;
                mean += delta / (row + 1);
                square += delta * (value - mean);
            }
            double factor = square > 0 && double.IsFinite(square) ? 1 / Math.Sqrt(square / raw.Rows) : 0;
            if (factor == 0)
            {
                Lengths(i).Clear();
                continue;
            }
            foreach (ref float length in Lengths(i)) length = (float)(length * factor);
            network.Layout["encoding.bias"].In(weights.AsSpan())[i * layer.Width] = (float)(-mean * factor);
        }
        return weights;

        Span<float> Lengths(int column) =>
            network.Layout["encoding.weight"].In(weights.AsSpan()).Slice(column * (layer.Frequencies + layer.Bins) * layer.Width, (layer.Frequencies + layer.Bins) * layer.Width);
    }

    /// <summary>The rows as the first dense layer sees them.</summary>
    public static TrainingData Features(Network network, ReadOnlySpan<float> weights, TrainingData data)
    {
        var front = new Network(network.Layers.TakeWhile(layer => layer is not NtkDense));
        float[] own = new float[front.Layout.Length];
        foreach (ParameterSlot slot in front.Layout) network.Layout[slot.Spec.Name].In(weights).CopyTo(slot.In(own.AsSpan()));
        var scorer = new NetworkScorer(new FittedNetwork(front, own, Plain(front.Outputs)));
        Memory<float> features = AlignedMemory.Allocate<float>(checked(data.Rows * front.Outputs));
        scorer.Score(data.Features.Span, data.Rows, features.Span);
        return data with { Columns = front.Outputs, Features = features };
    }

    /// <summary>The network's weights that compute the model.</summary>
    /// <param name="network">One that <see cref="Fits"/>.</param>
    /// <param name="front">Weights whose front is kept.</param>
    /// <param name="model">On the columns of <see cref="Features"/>.</param>
    public static float[] Weights(Network network, ReadOnlySpan<float> front, RidgeModel model)
    {
        float[] weights = front.ToArray();
        foreach (ParameterSlot slot in network.Layout)
            if (slot.Spec.Name.EndsWith(".blend", StringComparison.Ordinal)) slot.In(weights.AsSpan()).Clear();
        bool isFirst = true;
        foreach (NtkDense layer in network.Layers.OfType<NtkDense>())
        {
            Span<float> weight = network.Layout[$"{layer.Name}.weight"].In(weights.AsSpan()), bias = network.Layout[$"{layer.Name}.bias"].In(weights.AsSpan());
            weight.Clear();
            bias.Clear();
            float root = MathF.Sqrt(layer.Inputs);
            for (int output = 0; output < network.Outputs; output++)
            {
                if (!isFirst) weight[output * layer.Outputs + output] = root;
                else
                    for (int column = 0; column < layer.Inputs; column++) weight[column * layer.Outputs + output] = root * model.Weight(column, output);
                if (layer.Name == "output") bias[output] = model.Bias(output);
            }
            isFirst = false;
        }
        return weights;
    }

    /// <summary>Raw outputs, as they are.</summary>
    public static LinearOutput Plain(int outputs) => new(Enumerable.Repeat(1f, outputs).ToArray(), new float[outputs]);
}
