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

    /// <summary>The rows as the first dense layer sees them when the encodings are 0.</summary>
    public static TrainingData Features(Network network, ReadOnlySpan<float> weights, TrainingData data)
    {
        var front = new Network(network.Layers.TakeWhile(layer => layer is not NtkDense));
        float[] own = new float[front.Layout.Length];
        foreach (ParameterSlot slot in front.Layout)
            if (!IsEncoding(slot.Spec.Name)) network.Layout[slot.Spec.Name].In(weights).CopyTo(slot.In(own.AsSpan()));
        var scorer = new NetworkScorer(new FittedNetwork(front, own, Plain(front.Outputs)));
        Memory<float> features = AlignedMemory.Allocate<float>(checked(data.Rows * front.Outputs));
        scorer.Score(data.Features.Span, data.Rows, features.Span);
        return data with { Columns = front.Outputs, Features = features };
    }

    /// <summary>The network's weights that compute the model.</summary>
    /// <param name="network">One that <see cref="Fits"/>.</param>
    /// <param name="first">Weights whose front is kept.</param>
    /// <param name="model">On the columns of <see cref="Features"/>.</param>
    public static float[] Weights(Network network, ReadOnlySpan<float> first, RidgeModel model)
    {
        float[] weights = first.ToArray();
        foreach (ParameterSlot slot in network.Layout)
            if (IsEncoding(slot.Spec.Name) || slot.Spec.Name.EndsWith(".blend", StringComparison.Ordinal)) slot.In(weights.AsSpan()).Clear();
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

    private static bool IsEncoding(string parameter) => parameter is "encoding.weight" or "encoding.bias";
}
