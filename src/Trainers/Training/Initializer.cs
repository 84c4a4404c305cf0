using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.Trainers.Torch.Training;

/// <summary>
/// First weights, the same for every engine: each parameter draws from the run's stream in the order of the layout. Biases are zero; a normalisation
/// starts as x -> (x - mean) / deviation. What the weights are is said by <see cref="WeightInitialization"/>.
/// A module of the user's own starts as its constructor made it, with torch's generator at a state that follows from the seed.
/// </summary>
internal static class Initializer
{
    public static void Fill(Network network, Span<float> weights, ulong seed, WeightInitialization initialization = WeightInitialization.Kaiming)
    {
        var random = new RandomStream(seed, RandomStream.Purpose.Weights);
        ParameterSlot? output = network.Layout.LastOrDefault(slot => slot.Spec.Role == ParameterRole.Weight);
        var own = new HashSet<string>(StringComparer.Ordinal);
        foreach (OwnModule module in network.Layers.OfType<OwnModule>())
        {
            module.Code.FillFirstWeights(module, network.Layout, weights, seed);
            own.UnionWith(module.Parameters.Select(parameter => parameter.Name));
        }
        foreach (ParameterSlot slot in network.Layout)
        {
            if (own.Contains(slot.Spec.Name)) continue;
            Span<float> values = slot.In(weights);
            switch (slot.Spec.Role)
            {
                case ParameterRole.Weight:
                    double variance = Variance(slot.Spec.Shape[0], slot.Spec.Shape[1], isOutput: slot == output, initialization);
                    if (initialization is WeightInitialization.KaimingNormal or WeightInitialization.XavierNormal)
                        foreach (ref float value in values) value = (float)(Math.Sqrt(variance) * random.NextNormal());
                    else
                    {
                        double bound = Math.Sqrt(3 * variance);
                        foreach (ref float value in values) value = (float)random.NextDouble(-bound, bound);
                    }
                    break;
                case ParameterRole.Norm:
                    values.Fill(slot.Spec.Name.EndsWith(".bias", StringComparison.Ordinal) ? 0 : 1);
                    break;
                case ParameterRole.Buffer:
                    values.Fill(slot.Spec.Name.EndsWith(".running_var", StringComparison.Ordinal) ? 1 : 0);
                    break;
                case ParameterRole.Embedding:
                    foreach (ref float value in values) value = (float)random.NextNormal();
                    break;
                default:
                    values.Clear();
                    break;
            }
        }
    }

    // Uniform numbers on +-b have the variance b^2 / 3.
    private static double Variance(int inputs, int outputs, bool isOutput, WeightInitialization initialization) => initialization switch
    {
        WeightInitialization.Xavier or WeightInitialization.XavierNormal => 2.0 / ((double)inputs + outputs),
        _ => (isOutput ? 1.0 : 2.0) / inputs,
    };
}
