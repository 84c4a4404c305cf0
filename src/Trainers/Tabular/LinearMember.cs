using System.Numerics.Tensors;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.NeuralNetworks.Scoring;
using Microsoft.ML.Trainers.Torch.Data;

namespace Microsoft.ML.Trainers.Torch.Tabular;

/// <summary>
/// A linear model as weights of the network: with blends of 0 the activations are the identity, so one hidden unit per output carries the
/// score from the first layer to the last, and encodings of 0 leave the scaled values.
/// </summary>
internal sealed class LinearMember
{
    // The scaled values of a straight column in the training rows are at most this: the smooth clip bends them by less than 0.0001 there, and by 0.5 % at ten times as far.
    private const float StraightReach = 0.03f;

    // As for every scale: of a column of denormal numbers the quotient would be infinite.
    private const float MostScale = 1e30f;

    private readonly Network network;
    private readonly float[] front, factors;

    private LinearMember(Network network, float[] front, float[] factors) => (this.network, this.front, this.factors) = (network, front, factors);

    /// <summary>Whether the network can be linear: parametric activations, and layers as wide as the output.</summary>
    public static bool Fits(Network network) =>
        network.Layers.All(layer => layer is not (Activation or EnsembleDense)) && network.Layers.OfType<NtkDense>().All(layer => layer.Outputs >= network.Outputs);

    /// <summary>Linear in the numbers as scaling leaves them, bent beyond the middle half.</summary>
    /// <param name="network">One that <see cref="Fits"/>.</param>
    /// <param name="first">First weights, whose front is kept but for the encodings.</param>
    public static LinearMember Bent(Network network, ReadOnlySpan<float> first)
    {
        float[] weights = first.ToArray();
        foreach (ParameterSlot slot in network.Layout)
            if (slot.Spec.Name is "encoding.weight" or "encoding.bias") slot.In(weights.AsSpan()).Clear();
        return new LinearMember(network, weights, Ones(network));
    }

    /// <summary>
    /// Linear in the numbers themselves, in the training rows and beyond them: they are scaled so little that nothing bends, and brought back to a deviation of 1
    /// before the first dense layer. A label that is linear in its columns is not linear in bent ones. Null if numbers are not scaled with a bend, or there are none.
    /// </summary>
    /// <param name="network">One that <see cref="Fits"/>.</param>
    /// <param name="first">As for <see cref="Bent"/>.</param>
    /// <param name="encoding">The network's front.</param>
    /// <param name="data">The rows to train on.</param>
    public static LinearMember? Straight(Network network, ReadOnlySpan<float> first, TabularEncoding encoding, TrainingData data)
    {
        if (encoding.Numbers.Count == 0 || network.Layers.FirstOrDefault(layer => layer is NumericEmbedding or RobustScaling) is not { } scaling) return null;
        LinearMember member = Bent(network, first);
        Span<float> scale = network.Layout[$"{scaling.Name}.scale"].In(member.front.AsSpan());
        foreach ((int column, float reach) in encoding.Numbers) scale[column] = reach > 0 ? Math.Min(StraightReach / reach, MostScale) : 0;
        TrainingData lines = member.Features(data);
        for (int i = 0; i < encoding.Numbers.Count; i++)
        {
            // An encoded column's own value comes after its vector.
            int place = scaling is NumericEmbedding embedding ? i * (embedding.Width + 1) + embedding.Width : encoding.Numbers[i].Column;
            member.factors[place] = InverseDeviation(lines, place);
        }
        return member;
    }

    /// <summary>The rows as the linear model sees them.</summary>
    public TrainingData Features(TrainingData data)
    {
        var layers = new Network(network.Layers.TakeWhile(layer => layer is not NtkDense));
        float[] own = new float[layers.Layout.Length];
        foreach (ParameterSlot slot in layers.Layout) network.Layout[slot.Spec.Name].In(front).CopyTo(slot.In(own.AsSpan()));
        var scorer = new NetworkScorer(new FittedNetwork(layers, own, Plain(layers.Outputs)));
        Memory<float> features = AlignedMemory.Allocate<float>(checked(data.Rows * layers.Outputs));
        scorer.Score(data.Features.Span, data.Rows, features.Span);
        for (int row = 0; row < data.Rows; row++)
        {
            Span<float> values = features.Span.Slice(row * factors.Length, factors.Length);
            TensorPrimitives.Multiply(values, factors, values);
        }
        return data with { Columns = layers.Outputs, Features = features };
    }

    /// <summary>The network's weights that compute a model on the columns of <see cref="Features"/>.</summary>
    public float[] Weights(RidgeModel model)
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
                    for (int column = 0; column < layer.Inputs; column++) weight[column * layer.Outputs + output] = root * factors[column] * model.Weight(column, output);
                if (layer.Name == "output") bias[output] = model.Bias(output);
            }
            isFirst = false;
        }
        return weights;
    }

    /// <summary>Raw outputs, as they are.</summary>
    public static LinearOutput Plain(int outputs) => new(Enumerable.Repeat(1f, outputs).ToArray(), new float[outputs]);

    private static float[] Ones(Network network) => [.. Enumerable.Repeat(1f, network.Layers.OfType<NtkDense>().First().Inputs)];

    /// <summary>1 / deviation; 0 for a column that is the same in all rows but for values that these rows do not have.</summary>
    private static float InverseDeviation(TrainingData data, int column)
    {
        const double LeastDeviation = 1e-7 * StraightReach;
        ReadOnlySpan<float> values = data.Features.Span;
        double mean = 0, square = 0;
        for (int row = 0; row < data.Rows; row++)
        {
            double value = values[row * data.Columns + column], delta = value - mean;
            mean += delta / (row + 1);
            square += delta * (value - mean);
        }
        double deviation = Math.Sqrt(square / data.Rows);
        return deviation > LeastDeviation ? (float)(1 / deviation) : 0;
    }
}
