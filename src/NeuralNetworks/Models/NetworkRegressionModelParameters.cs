using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Scoring;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(NetworkRegressionModelParameters), null, typeof(SignatureLoadModel), "Neural network regression", NetworkRegressionModelParameters.LoaderSignature)]

namespace Microsoft.ML.NeuralNetworks;

/// <summary>A neural network that predicts a number: the Score column is the prediction in the units of the label.</summary>
public sealed class NetworkRegressionModelParameters : NetworkModelParameters<float>
{
    internal const string LoaderSignature = "NetworkRegression";

    internal NetworkRegressionModelParameters(IHostEnvironment env, FittedNetwork network) : base(env, LoaderSignature, network) =>
        Host.Check(Network.Predictions == 1, "The network must give one prediction per row.");

    private NetworkRegressionModelParameters(IHostEnvironment env, ModelLoadContext context) : base(env, LoaderSignature, context) =>
        Host.Check(Network.Predictions == 1, "The network must give one prediction per row.");

    /// <inheritdoc/>
    protected override PredictionKind PredictionKind => PredictionKind.Regression;

    private protected override DataViewType ScoreType => NumberDataViewType.Single;

    private protected override VersionInfo VersionInfo => Version;

    private static VersionInfo Version => MakeVersionInfo("NNREGRES", LoaderSignature);

    // ML.NET finds this method by its name.
    internal static NetworkRegressionModelParameters Create(IHostEnvironment env, ModelLoadContext context)
    {
        Contracts.CheckValue(env, nameof(env));
        env.CheckValue(context, nameof(context));
        context.CheckAtModel(Version);
        return new NetworkRegressionModelParameters(env, context);
    }

    private protected override ValueMapper<VBuffer<float>, float> MakeMapper(NetworkScorer scorer) => MapToNumber(scorer);
}
