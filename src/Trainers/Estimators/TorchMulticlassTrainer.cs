using Microsoft.ML.Data;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Estimators;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Trains a network for multiclass classification. The scores are the probabilities of the classes.
/// Made by <c>mlContext.MulticlassClassification.Trainers.TorchMlp</c>, <c>TorchLinear</c>, <c>TorchTabular</c> or <c>TorchModule</c>.
/// </summary>
public sealed class TorchMulticlassTrainer
    : TrainerEstimatorBase<MulticlassPredictionTransformer<NetworkMulticlassModelParameters>, NetworkMulticlassModelParameters>
{
    private readonly NetworkFit fit;

    internal TorchMulticlassTrainer(IHostEnvironment environment, TrainingOptions options)
        : base(
            environment.Register(nameof(TorchMulticlassTrainer)),
            TrainerUtils.MakeR4VecFeature(options.FeatureColumnName),
            TrainerUtils.MakeU4ScalarColumn(options.LabelColumnName),
            TrainerUtils.MakeR4ScalarWeightColumn(options.ExampleWeightColumnName)) =>
        fit = new NetworkFit(environment, Host, options.Copy(), LearningTask.MulticlassClassification);

    /// <inheritdoc/>
    public override TrainerInfo Info { get; } = new(normalization: true, calibration: false, caching: false, supportValid: true, supportIncrementalTrain: true);

    /// <inheritdoc/>
    protected override PredictionKind PredictionKind => PredictionKind.MulticlassClassification;

    /// <summary>Trains on <paramref name="trainData"/> and watches the loss on <paramref name="validationData"/>.</summary>
    public MulticlassPredictionTransformer<NetworkMulticlassModelParameters> Fit(IDataView trainData, IDataView validationData) => TrainTransformer(trainData, validationData);

    /// <summary>Goes on from a fitted model of the same network.</summary>
    /// <exception cref="ArgumentException">The model has another network.</exception>
    public MulticlassPredictionTransformer<NetworkMulticlassModelParameters> Fit(IDataView trainData, NetworkMulticlassModelParameters modelParameters) =>
        TrainTransformer(trainData, initPredictor: modelParameters);

    /// <summary>
    /// A range test: trains a copy of the network for some steps while the rate rises, and says which rates are worth trying.
    /// Neither this trainer nor a later fit changes.
    /// </summary>
    /// <param name="trainData">The rows to train on.</param>
    /// <param name="test">Which rates, how many steps, when to stop. Null: the defaults of <see cref="RangeTest"/>.</param>
    public RangeTestResult FindLearningRate(IDataView trainData, RangeTest? test = null)
    {
        RoleMappedData rows = MakeRoles(trainData);
        rows.CheckMulticlassLabel(out int classes);
        return fit.FindLearningRate(rows, classes, test ?? new RangeTest());
    }

    /// <inheritdoc/>
    protected override SchemaShape.Column[] GetOutputColumnsCore(SchemaShape inputSchema)
    {
        inputSchema.TryFindColumn(LabelColumn.Name, out SchemaShape.Column label);
        var annotations = new SchemaShape(label.Annotations.Where(column => column.Name == AnnotationUtils.Kinds.KeyValues).Concat(AnnotationUtils.GetTrainerOutputAnnotation()));
        return
        [
            new(DefaultColumnNames.Score, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, false, new SchemaShape(AnnotationUtils.AnnotationsForMulticlassScoreColumn(label))),
            new(DefaultColumnNames.PredictedLabel, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.UInt32, true, annotations),
        ];
    }

    /// <inheritdoc/>
    protected override NetworkMulticlassModelParameters TrainModelCore(TrainContext context)
    {
        context.TrainingSet.CheckMulticlassLabel(out int classes);
        NetworkFitResult result = fit.Run(context, classes, (context.InitialPredictor as NetworkMulticlassModelParameters)?.Network);
        return new NetworkMulticlassModelParameters(Host, result.Network);
    }

    /// <inheritdoc/>
    protected override MulticlassPredictionTransformer<NetworkMulticlassModelParameters> MakeTransformer(NetworkMulticlassModelParameters model, DataViewSchema trainSchema) =>
        new(Host, model, trainSchema, FeatureColumn.Name, LabelColumn.Name);
}
