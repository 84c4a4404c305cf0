using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;

namespace NeuralNetworks.Tests.Models;

/// <summary>A trainer that learns nothing: each fit returns the next network, in turn.</summary>
internal sealed class FixedBinaryTrainer(IHostEnvironment env, params FittedNetwork[] networks)
    : TrainerEstimatorBase<BinaryPredictionTransformer<NetworkBinaryModelParameters>, NetworkBinaryModelParameters>(
        env.Register("FixedBinary"), TrainerUtils.MakeR4VecFeature(nameof(Row.Features)), TrainerUtils.MakeBoolScalarLabel("Label"))
{
    private int fits;

    public override TrainerInfo Info { get; } = new(normalization: false, calibration: true, caching: false);

    // One-versus-all gives labels as numbers.
    protected override void CheckLabelCompatible(SchemaShape.Column labelColumn) { }

    protected override PredictionKind PredictionKind => PredictionKind.BinaryClassification;

    protected override SchemaShape.Column[] GetOutputColumnsCore(SchemaShape inputSchema) =>
        [new(DefaultColumnNames.Score, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.Single, false, new SchemaShape(AnnotationUtils.GetTrainerOutputAnnotation()))];

    protected override NetworkBinaryModelParameters TrainModelCore(TrainContext trainContext) => new(Host, networks[fits++ % networks.Length]);

    protected override BinaryPredictionTransformer<NetworkBinaryModelParameters> MakeTransformer(NetworkBinaryModelParameters model, DataViewSchema trainSchema) =>
        new(Host, model, trainSchema, FeatureColumn.Name);
}
