using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;

namespace Microsoft.ML.Trainers.Torch.Engines.Cpu;

/// <summary>Which pass computes which kind of layer.</summary>
internal static class LayerPasses
{
    /// <summary>Whether there is a pass for the layer.</summary>
    public static bool Knows(Layer layer) => layer switch
    {
        Residual residual => residual.Block.All(Knows),
        _ => layer is Dense or NtkDense or EnsembleDense or Activation or ParametricActivation or Dropout or LayerNorm or BatchNorm or Scaling
            or Standardization or RobustScaling or MissingValues or MissingIndicators or CategoricalEmbedding or NumericEmbedding or PeriodicEmbedding,
    };

    /// <summary>Whether the layer looks at all rows of a batch at once.</summary>
    public static bool NeedsWholeBatch(Layer layer) => layer is BatchNorm || layer is Residual residual && residual.Block.Any(NeedsWholeBatch);

    /// <summary>
    /// Whether each number of the layer's gradient is one chain of additions in the order of the rows, so that a part may be divided anywhere. Where blocks of rows, or
    /// the members, are added up first, it is not.
    /// </summary>
    public static bool AddsRowByRow(Layer layer) => layer switch
    {
        Residual residual => residual.Block.All(AddsRowByRow),
        // A single number is a dot product down the rows, in several chains.
        Dense or NtkDense => layer.Inputs > 1 || layer.Outputs > 1,
        _ => layer is Activation or ParametricActivation or Dropout or LayerNorm or Scaling
            or Standardization or RobustScaling or MissingValues or MissingIndicators or CategoricalEmbedding,
    };

    public static LayerPass Make(Layer layer, Network network, PackedWeights packed, bool rectified, bool mayOverwrite, bool learnsInFront) => layer switch
    {
        Dense or NtkDense => new DensePass(layer, network.Layout, packed.OfLayer[layer.Name], rectified),
        EnsembleDense dense => new EnsembleDensePass(dense, network.Layout, packed.OfLayer[dense.Name]),
        Activation activation => new ActivationPass(activation, mayOverwrite),
        ParametricActivation activation => new ParametricActivationPass(activation, network.Layout, mayOverwrite),
        Dropout dropout => new DropoutPass(dropout, packed.Number(layer)),
        LayerNorm norm => new LayerNormPass(norm, network.Layout),
        BatchNorm norm => new BatchNormPass(norm, network.Layout),
        Scaling scaling => new ScalingPass(scaling, network.Layout),
        Standardization scaling => new StandardizationPass(scaling, network.Layout),
        RobustScaling scaling => new RobustScalingPass(scaling, network.Layout),
        MissingValues missing => new MissingValuesPass(missing, network.Layout),
        MissingIndicators indicators => new MissingIndicatorsPass(indicators),
        CategoricalEmbedding embedding => new CategoricalEmbeddingPass(embedding, network.Layout),
        NumericEmbedding embedding => new NumericEmbeddingPass(embedding, network.Layout, packed.Located),
        PeriodicEmbedding embedding => new PeriodicEmbeddingPass(embedding, network.Layout),
        Residual residual => new ResidualPass(residual, network, packed, learnsInFront),
        _ => throw new NotSupportedException($"The CPU engine does not know the layer {layer.GetType().Name} '{layer.Name}'."),
    };
}
