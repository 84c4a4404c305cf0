using Microsoft.ML.Data;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Estimators;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Trains a network for regression. The target is standardised inside and the model undoes it, so that one learning rate suits
/// targets of any unit. Made by <c>mlContext.Regression.Trainers.TorchMlp</c>, <c>TorchLinear</c>, <c>TorchTabular</c> or <c>TorchModule</c>.
/// </summary>
public sealed class TorchRegressionTrainer
    : TrainerEstimatorBase<RegressionPredictionTransformer<NetworkRegressionModelParameters>, NetworkRegressionModelParameters>
{
    private readonly NetworkFit fit;

    internal TorchRegressionTrainer(IHostEnvironment environment, TrainingOptions options)
        : base(
            environment.Register(nameof(TorchRegressionTrainer)),
            TrainerUtils.MakeR4VecFeature(options.FeatureColumnName),
            TrainerUtils.MakeR4ScalarColumn(options.LabelColumnName),
            TrainerUtils.MakeR4ScalarWeightColumn(options.ExampleWeightColumnName)) =>
        fit = NetworkFit.ForOneNumber(environment, Host, options.Copy());

    /// <inheritdoc/>
    public override TrainerInfo Info { get; } = new(normalization: true, calibration: false, caching: false, supportValid: true, supportIncrementalTrain: true);

    /// <inheritdoc/>
    protected override PredictionKind PredictionKind => PredictionKind.Regression;

    /// <summary>Trains on <paramref name="trainData"/> and watches the loss on <paramref name="validationData"/>.</summary>
    public RegressionPredictionTransformer<NetworkRegressionModelParameters> Fit(IDataView trainData, IDataView validationData) => TrainTransformer(trainData, validationData);

    /// <summary>Goes on from a fitted model of the same network.</summary>
    /// <exception cref="ArgumentException">The model has another network.</exception>
    public RegressionPredictionTransformer<NetworkRegressionModelParameters> Fit(IDataView trainData, NetworkRegressionModelParameters modelParameters) =>
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
        [new(DefaultColumnNames.Score, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.Single, false, new SchemaShape(AnnotationUtils.GetTrainerOutputAnnotation()))];

    /// <inheritdoc/>
    protected override NetworkRegressionModelParameters TrainModelCore(TrainContext context)
    {
        context.TrainingSet.CheckRegressionLabel();
        NetworkFitResult result = fit.Run(context, classes: 1, (context.InitialPredictor as NetworkRegressionModelParameters)?.Network);
        return new NetworkRegressionModelParameters(Host, result.Network);
    }

    /// <inheritdoc/>
    protected override RegressionPredictionTransformer<NetworkRegressionModelParameters> MakeTransformer(NetworkRegressionModelParameters model, DataViewSchema trainSchema) =>
        new(Host, model, trainSchema, FeatureColumn.Name);
}
