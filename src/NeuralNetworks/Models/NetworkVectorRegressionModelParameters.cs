using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Scoring;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(NetworkVectorRegressionModelParameters), null, typeof(SignatureLoadModel), "Neural network regression with several outputs", NetworkVectorRegressionModelParameters.LoaderSignature)]

namespace Microsoft.ML.NeuralNetworks;

/// <summary>A neural network that predicts several numbers at once: the Score column is a vector, one value per label or per quantile.</summary>
public sealed class NetworkVectorRegressionModelParameters : NetworkModelParameters<VBuffer<float>>
{
    internal const string LoaderSignature = "NetworkVectorRegression";

    internal NetworkVectorRegressionModelParameters(IHostEnvironment env, FittedNetwork network) : base(env, LoaderSignature, network) { }

    private NetworkVectorRegressionModelParameters(IHostEnvironment env, ModelLoadContext context) : base(env, LoaderSignature, context) { }

    /// <inheritdoc/>
    protected override PredictionKind PredictionKind => PredictionKind.MultiOutputRegression;

    private protected override DataViewType ScoreType => new VectorDataViewType(NumberDataViewType.Single, Network.Predictions);

    private protected override VersionInfo VersionInfo => Version;

    private static VersionInfo Version => MakeVersionInfo("NNVECREG", LoaderSignature);

    // ML.NET finds this method by its name.
    internal static NetworkVectorRegressionModelParameters Create(IHostEnvironment env, ModelLoadContext context)
    {
        Contracts.CheckValue(env, nameof(env));
        env.CheckValue(context, nameof(context));
        context.CheckAtModel(Version);
        return new NetworkVectorRegressionModelParameters(env, context);
    }

    private protected override ValueMapper<VBuffer<float>, VBuffer<float>> MakeMapper(NetworkScorer scorer) => MapToVector(scorer);
}
