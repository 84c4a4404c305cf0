using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(VectorRegressionPredictionTransformer), null, typeof(SignatureLoadModel), "Vector regression transformer", VectorRegressionPredictionTransformer.LoaderSignature)]

namespace Microsoft.ML.NeuralNetworks;

/// <summary>
/// Adds the Score column, a vector, of a <see cref="NetworkVectorRegressionModelParameters"/>. ML.NET's own
/// <see cref="RegressionPredictionTransformer{TModel}"/> loads models with one number as score only.
/// </summary>
public sealed class VectorRegressionPredictionTransformer : SingleFeaturePredictionTransformerBase<NetworkVectorRegressionModelParameters>
{
    internal const string LoaderSignature = "VectorRegressionPredXfer";

    internal VectorRegressionPredictionTransformer(IHostEnvironment env, NetworkVectorRegressionModelParameters model, DataViewSchema inputSchema, string featureColumn)
        : base(Contracts.CheckRef(env, nameof(env)).Register(LoaderSignature), model, inputSchema, featureColumn) => Scorer = GetGenericScorer();

    private VectorRegressionPredictionTransformer(IHostEnvironment env, ModelLoadContext context)
        : base(Contracts.CheckRef(env, nameof(env)).Register(LoaderSignature), context) => Scorer = GetGenericScorer();

    private static VersionInfo Version => new(
        modelSignature: "VECREGPR",
        verWrittenCur: 0x00010001,
        verReadableCur: 0x00010001,
        verWeCanReadBack: 0x00010001,
        loaderSignature: LoaderSignature,
        loaderAssemblyName: typeof(VectorRegressionPredictionTransformer).Assembly.GetName().Name!);

    // ML.NET finds this method by its name.
    internal static VectorRegressionPredictionTransformer Create(IHostEnvironment env, ModelLoadContext context)
    {
        Contracts.CheckValue(env, nameof(env));
        env.CheckValue(context, nameof(context));
        context.CheckAtModel(Version);
        return new VectorRegressionPredictionTransformer(env, context);
    }

    /// <inheritdoc/>
    protected override void SaveCore(ModelSaveContext context)
    {
        context.SetVersionInfo(Version);
        base.SaveCore(context);
    }
}
