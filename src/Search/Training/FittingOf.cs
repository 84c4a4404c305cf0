using Microsoft.ML.Trainers.Torch;

namespace Microsoft.ML.TrainerSearch;

/// <summary>Fits an estimator, with validation rows if it can watch them.</summary>
internal static class FittingOf
{
    public static ITransformer Fit(IEstimator<ITransformer> estimator, IDataView train, IDataView? validation) => validation is null
        ? estimator.Fit(train)
        : estimator switch
        {
            TorchRegressionTrainer trainer => trainer.Fit(train, validation),
            TorchBinaryTrainer trainer => trainer.Fit(train, validation),
            TorchMulticlassTrainer trainer => trainer.Fit(train, validation),
            TorchVectorRegressionTrainer trainer => trainer.Fit(train, validation),
            _ => estimator.Fit(train),
        };
}
