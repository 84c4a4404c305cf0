using Microsoft.ML.Calibrators;
using Microsoft.ML.Data;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Estimators;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Trains a network for binary classification. The score is the log-odds, so the probability is 1 / (1 + exp(-score)). Scores are bounded
/// so that the probability, a 32-bit float, is never 0 or 1: it is at least 1.2e-38 and at most 1 - 2^-24.
/// Made by <c>mlContext.BinaryClassification.Trainers.TorchMlp</c>, <c>TorchLinear</c>, <c>TorchTabular</c> or <c>TorchModule</c>.
/// </summary>
public sealed class TorchBinaryTrainer
    : TrainerEstimatorBase<BinaryPredictionTransformer<CalibratedModelParametersBase<NetworkBinaryModelParameters, PlattCalibrator>>, CalibratedModelParametersBase<NetworkBinaryModelParameters, PlattCalibrator>>
{
    private readonly NetworkFit fit;

    internal TorchBinaryTrainer(IHostEnvironment environment, TrainingOptions options)
        : base(
            environment.Register(nameof(TorchBinaryTrainer)),
            TrainerUtils.MakeR4VecFeature(options.FeatureColumnName),
            TrainerUtils.MakeBoolScalarLabel(options.LabelColumnName),
            TrainerUtils.MakeR4ScalarWeightColumn(options.ExampleWeightColumnName)) =>
        fit = new NetworkFit(environment, Host, options.Copy(), LearningTask.BinaryClassification);

    /// <inheritdoc/>
    public override TrainerInfo Info { get; } = new(normalization: true, calibration: false, caching: false, supportValid: true, supportIncrementalTrain: true);

    /// <inheritdoc/>
    protected override PredictionKind PredictionKind => PredictionKind.BinaryClassification;

    /// <summary>Trains on <paramref name="trainData"/> and watches the loss on <paramref name="validationData"/>.</summary>
    public BinaryPredictionTransformer<CalibratedModelParametersBase<NetworkBinaryModelParameters, PlattCalibrator>> Fit(IDataView trainData, IDataView validationData) =>
        TrainTransformer(trainData, validationData);

    /// <summary>Goes on from a fitted model of the same network.</summary>
    /// <exception cref="ArgumentException">The model has another network.</exception>
    public BinaryPredictionTransformer<CalibratedModelParametersBase<NetworkBinaryModelParameters, PlattCalibrator>> Fit(
        IDataView trainData, CalibratedModelParametersBase<NetworkBinaryModelParameters, PlattCalibrator> modelParameters) =>
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
        rows.CheckBinaryLabel();
        return fit.FindLearningRate(rows, classes: 1, test ?? new RangeTest());
    }

    /// <inheritdoc/>
    protected override SchemaShape.Column[] GetOutputColumnsCore(SchemaShape inputSchema)
    {
        var annotations = new SchemaShape(AnnotationUtils.GetTrainerOutputAnnotation());
        var probability = new SchemaShape(AnnotationUtils.GetTrainerOutputAnnotation(isNormalized: true));
        return
        [
            new(DefaultColumnNames.Score, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.Single, false, annotations),
            new(DefaultColumnNames.Probability, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.Single, false, probability),
            new(DefaultColumnNames.PredictedLabel, SchemaShape.Column.VectorKind.Scalar, BooleanDataViewType.Instance, false, annotations),
        ];
    }

    /// <inheritdoc/>
    protected override CalibratedModelParametersBase<NetworkBinaryModelParameters, PlattCalibrator> TrainModelCore(TrainContext context)
    {
        context.TrainingSet.CheckBinaryLabel();
        var start = context.InitialPredictor as CalibratedModelParametersBase<NetworkBinaryModelParameters, PlattCalibrator>;
        (FittedNetwork network, TrainingData heldOut) = fit.Run(context, classes: 1, start?.SubModel.Network);
        var calibrator = new PlattCalibrator(Host, slope: -1, offset: 0);
        if (!fit.Loss.ScoresAreLogOdds)
        {
            calibrator = PlattCalibration.Of(Host, network, heldOut);
            network = network.WithOutput(new LogisticOutput().BoundedFor(calibrator.Slope, calibrator.Offset));
        }
        return new ValueMapperCalibratedModelParameters<NetworkBinaryModelParameters, PlattCalibrator>(Host, new NetworkBinaryModelParameters(Host, network), calibrator);
    }

    /// <inheritdoc/>
    protected override BinaryPredictionTransformer<CalibratedModelParametersBase<NetworkBinaryModelParameters, PlattCalibrator>> MakeTransformer(
        CalibratedModelParametersBase<NetworkBinaryModelParameters, PlattCalibrator> model, DataViewSchema trainSchema) =>
        new(Host, model, trainSchema, FeatureColumn.Name);
}
