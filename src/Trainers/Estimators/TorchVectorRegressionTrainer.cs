using Microsoft.ML.Data;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Estimators;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Trains a network for regression with several numbers as prediction: a label that is a vector, or several quantiles of one label
/// (<see cref="QuantileLoss"/>). The Score column is a vector. Made by <c>mlContext.Regression.Trainers.TorchMlpVector</c>,
/// <c>TorchLinearVector</c> or <c>TorchModuleVector</c>.
/// </summary>
public sealed class TorchVectorRegressionTrainer
    : TrainerEstimatorBase<VectorRegressionPredictionTransformer, NetworkVectorRegressionModelParameters>
{
    private readonly NetworkFit fit;

    internal TorchVectorRegressionTrainer(IHostEnvironment environment, TrainingOptions options)
        : base(
            environment.Register(nameof(TorchVectorRegressionTrainer)),
            TrainerUtils.MakeR4VecFeature(options.FeatureColumnName),
            Label(options),
            TrainerUtils.MakeR4ScalarWeightColumn(options.ExampleWeightColumnName)) =>
        fit = new NetworkFit(environment, Host, options.Copy(), LearningTask.Regression);

    /// <inheritdoc/>
    public override TrainerInfo Info { get; } = new(normalization: true, calibration: false, caching: false, supportValid: true, supportIncrementalTrain: true);

    /// <inheritdoc/>
    protected override PredictionKind PredictionKind => PredictionKind.MultiOutputRegression;

    /// <summary>Trains on <paramref name="trainData"/> and watches the loss on <paramref name="validationData"/>.</summary>
    public VectorRegressionPredictionTransformer Fit(IDataView trainData, IDataView validationData) => TrainTransformer(trainData, validationData);

    /// <summary>Goes on from a fitted model of the same network.</summary>
    /// <exception cref="ArgumentException">The model has another network.</exception>
    public VectorRegressionPredictionTransformer Fit(IDataView trainData, NetworkVectorRegressionModelParameters modelParameters) =>
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
        return fit.FindLearningRate(rows, classes: 1, test ?? new RangeTest());
    }

    /// <inheritdoc/>
    protected override SchemaShape.Column[] GetOutputColumnsCore(SchemaShape inputSchema) =>
        [new(DefaultColumnNames.Score, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, false, new SchemaShape(AnnotationUtils.GetTrainerOutputAnnotation()))];

    /// <inheritdoc/>
    protected override NetworkVectorRegressionModelParameters TrainModelCore(TrainContext context)
    {
        NetworkFitResult result = fit.Run(context, classes: 1, (context.InitialPredictor as NetworkVectorRegressionModelParameters)?.Network);
        return new NetworkVectorRegressionModelParameters(Host, result.Network);
    }

    /// <inheritdoc/>
    protected override VectorRegressionPredictionTransformer MakeTransformer(NetworkVectorRegressionModelParameters model, DataViewSchema trainSchema) =>
        new(Host, model, trainSchema, FeatureColumn.Name);

    // Several quantiles are of one label; otherwise the label is a vector itself.
    private static SchemaShape.Column Label(TrainingOptions options) => options.Loss is QuantileLoss
        ? TrainerUtils.MakeR4ScalarColumn(options.LabelColumnName)
        : new(options.LabelColumnName, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, isKey: false);
}
