using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Training;

namespace Microsoft.ML.Trainers.Torch.Tabular;

/// <summary>First weights of networks with a front that was fitted to the rows.</summary>
internal static class FirstWeights
{
    /// <summary>Of the recipe's network: normal weights, made to suit the rows if so asked (<see cref="DataDrivenWeights"/>).</summary>
    public static float[] Of(Network network, TabularEncoding encoding, TrainingData data, bool dataDriven, ulong seed)
    {
        var random = new RandomStream(seed, RandomStream.Purpose.Weights);
        float[] weights = new float[network.Layout.Length];
        encoding.Fill(network.Layout, weights, ref random);
        LayerValues rows = DataDrivenWeights.Sample(data, ref random);
        foreach (Layer layer in network.Layers)
        {
            switch (layer)
            {
                case NtkDense:
                    Fill(layer, network.Layout, weights, ref random);
                    if (dataDriven) DataDrivenWeights.Adapt(layer, network.Layout, weights, rows, ref random);
                    break;
                case EnsembleDense ensemble:
                    Fill(layer, network.Layout, weights, ref random);
                    FillScales(ensemble, network.Layout, weights, ref random);
                    if (dataDriven) DataDrivenWeights.Adapt(layer, network.Layout, weights, rows, ref random);
                    break;
                case Scaling or ParametricActivation:
                    foreach (ParameterSpec spec in layer.Parameters) network.Layout[spec.Name].In(weights.AsSpan()).Fill(1);
                    break;
            }
            if (dataDriven) rows = rows.Through(layer, network.Layout, weights);
        }
        return weights;
    }

    /// <summary>Of a network of the other trainers.</summary>
    /// <param name="network">The whole network.</param>
    /// <param name="encoding">Its front, or null for none.</param>
    /// <param name="data">The training rows.</param>
    /// <param name="initialization">How.</param>
    /// <param name="seed">The run's seed.</param>
    public static float[] Of(Network network, TabularEncoding? encoding, TrainingData data, WeightInitialization initialization, ulong seed)
    {
        float[] weights = new float[network.Layout.Length];
        Initializer.Fill(network, weights, seed, initialization);
        var random = new RandomStream(seed, RandomStream.Purpose.Front);
        encoding?.Fill(network.Layout, weights, ref random);
        if (initialization == WeightInitialization.DataDriven) DataDrivenWeights.Adapt(network, weights, data, ref random);
        return weights;
    }

    private static void Fill(Layer layer, ParameterLayout layout, Span<float> weights, ref RandomStream random)
    {
        foreach (ref float value in layout[$"{layer.Name}.weight"].In(weights)) value = (float)random.NextNormal();
        if (layer.Name == "output") return;
        foreach (ref float value in layout[$"{layer.Name}.bias"].In(weights)) value = (float)random.NextNormal();
    }

    /// <summary>Members differ from the start in the signs of what goes in; all else begins alike.</summary>
    private static void FillScales(EnsembleDense layer, ParameterLayout layout, Span<float> weights, ref RandomStream random)
    {
        layout[$"{layer.Name}.output_scale"].In(weights).Fill(1);
        Span<float> scale = layout[$"{layer.Name}.input_scale"].In(weights);
        scale.Fill(1);
        if (!layer.FansOut) return;
        foreach (ref float value in scale) value = random.NextInt(2) == 0 ? -1 : 1;
    }
}
