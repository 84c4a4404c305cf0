using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Scoring;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(NetworkBinaryModelParameters), null, typeof(SignatureLoadModel), "Neural network binary classification", NetworkBinaryModelParameters.LoaderSignature)]

namespace Microsoft.ML.NeuralNetworks;

/// <summary>A neural network for two classes: the Score column is the log-odds of the positive class. A calibrator makes the probability of it.</summary>
public sealed class NetworkBinaryModelParameters : NetworkModelParameters<float>
{
    internal const string LoaderSignature = "NetworkBinary";

    internal NetworkBinaryModelParameters(IHostEnvironment env, FittedNetwork network) : base(env, LoaderSignature, network) =>
        Host.Check(Network.Predictions == 1, "The network must give one prediction per row.");

    private NetworkBinaryModelParameters(IHostEnvironment env, ModelLoadContext context) : base(env, LoaderSignature, context) =>
        Host.Check(Network.Predictions == 1, "The network must give one prediction per row.");

    /// <inheritdoc/>
    protected override PredictionKind PredictionKind => PredictionKind.BinaryClassification;

    private protected override DataViewType ScoreType => NumberDataViewType.Single;

    private protected override VersionInfo VersionInfo => Version;

    private static VersionInfo Version => MakeVersionInfo("NNBINARY", LoaderSignature);

    // ML.NET finds this method by its name.
    internal static NetworkBinaryModelParameters Create(IHostEnvironment env, ModelLoadContext context)
    {
        Contracts.CheckValue(env, nameof(env));
        env.CheckValue(context, nameof(context));
        context.CheckAtModel(Version);
        return new NetworkBinaryModelParameters(env, context);
    }

    private protected override ValueMapper<VBuffer<float>, float> MakeMapper(NetworkScorer scorer) => MapToNumber(scorer);
}
