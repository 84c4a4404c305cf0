using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Scoring;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(NetworkMulticlassModelParameters), null, typeof(SignatureLoadModel), "Neural network multiclass classification", NetworkMulticlassModelParameters.LoaderSignature)]

namespace Microsoft.ML.NeuralNetworks;

/// <summary>A neural network for several classes: the Score column holds the probability of each, in the order of the label's keys.</summary>
public sealed class NetworkMulticlassModelParameters : NetworkModelParameters<VBuffer<float>>
{
    internal const string LoaderSignature = "NetworkMulticlass";

    internal NetworkMulticlassModelParameters(IHostEnvironment env, FittedNetwork network) : base(env, LoaderSignature, network) { }

    private NetworkMulticlassModelParameters(IHostEnvironment env, ModelLoadContext context) : base(env, LoaderSignature, context) { }

    /// <inheritdoc/>
    protected override PredictionKind PredictionKind => PredictionKind.MulticlassClassification;

    private protected override DataViewType ScoreType => new VectorDataViewType(NumberDataViewType.Single, Network.Predictions);

    private protected override VersionInfo VersionInfo => Version;

    private static VersionInfo Version => MakeVersionInfo("NNMULTIC", LoaderSignature);

    // ML.NET finds this method by its name.
    internal static NetworkMulticlassModelParameters Create(IHostEnvironment env, ModelLoadContext context)
    {
        Contracts.CheckValue(env, nameof(env));
        env.CheckValue(context, nameof(context));
        context.CheckAtModel(Version);
        return new NetworkMulticlassModelParameters(env, context);
    }

    private protected override ValueMapper<VBuffer<float>, VBuffer<float>> MakeMapper(NetworkScorer scorer) => MapToVector(scorer);
}
