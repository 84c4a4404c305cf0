using Microsoft.ML.Data;
using Microsoft.ML.Trainers.Torch.Estimators;

namespace Microsoft.ML;

/// <summary>From key columns to codes that a feature vector can hold.</summary>
public static class KeyCodeCatalog
{
    /// <summary>
    /// Turns keys into numbers: the first key into 1, the second into 2, ..., a missing one into 0. Features are vectors of Single, and ML.NET's
    /// <c>ConvertType</c> leaves keys keys; <c>CategoricalColumns</c> of the trainers names what comes out.
    /// <code>
    /// mlContext.Transforms.Conversion.MapValueToKey("Town")
    ///     .Append(mlContext.Transforms.Conversion.MapKeyToCode("Town"))
    ///     .Append(mlContext.Transforms.Concatenate("Features", "Distance", "Town"))
    ///     .Append(mlContext.Regression.Trainers.TorchMlp(new TorchMlpOptions { CategoricalColumns = ["Town"] }));
    /// </code>
    /// The fitted transformer is one of ML.NET's own (<c>MapValue</c>): it is saved and loaded without this library.
    /// </summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="outputColumnName">The codes: Single, or a vector of them.</param>
    /// <param name="inputColumnName">The keys: UInt32, as <c>MapValueToKey</c> makes them. Null: the name of the output.</param>
    public static IEstimator<ITransformer> MapKeyToCode(this TransformsCatalog.ConversionTransforms catalog, string outputColumnName, string? inputColumnName = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(outputColumnName);
        return new KeyToCodeEstimator(CatalogUtils.GetEnvironment(catalog), outputColumnName, inputColumnName ?? outputColumnName);
    }
}
