using Microsoft.ML;
using Microsoft.ML.Calibrators;
using Microsoft.ML.Data;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Runtime;

namespace NeuralNetworks.Tests.Models;

/// <summary>Prediction transformers around networks, as a trainer makes them, and rows to score.</summary>
internal static class Transformers
{
    public const int Columns = 6;

    public static IDataView Data(MLContext context, int rows = 50, int classes = 3)
    {
        float[] features = Networks.Rows(rows, Columns);
        IEnumerable<Row> values = Enumerable.Range(0, rows).Select(i => new Row
        {
            Features = features[(i * Columns)..((i + 1) * Columns)],
            Label = features[i * Columns] + features[i * Columns + 1],
            Yes = features[i * Columns] > 0,
            Class = (uint)(i % classes + 1),
        });
        SchemaDefinition schema = SchemaDefinition.Create(typeof(Row));
        schema[nameof(Row.Class)].ColumnType = new KeyDataViewType(typeof(uint), classes);
        return context.Data.LoadFromEnumerable(values, schema);
    }

    public static RegressionPredictionTransformer<NetworkRegressionModelParameters> Regression(MLContext context, IDataView data, FittedNetwork network) =>
        new(context, new NetworkRegressionModelParameters(context, network), data.Schema, nameof(Row.Features));

    public static VectorRegressionPredictionTransformer VectorRegression(MLContext context, IDataView data, FittedNetwork network) =>
        new(context, new NetworkVectorRegressionModelParameters(context, network), data.Schema, nameof(Row.Features));

    public static BinaryPredictionTransformer<NetworkBinaryModelParameters> Binary(MLContext context, IDataView data, FittedNetwork network) =>
        new(context, new NetworkBinaryModelParameters(context, network), data.Schema, nameof(Row.Features));

    public static BinaryPredictionTransformer<CalibratedModelParametersBase<NetworkBinaryModelParameters, PlattCalibrator>> CalibratedBinary(
        MLContext context, IDataView data, FittedNetwork network) =>
        new(context, new ValueMapperCalibratedModelParameters<NetworkBinaryModelParameters, PlattCalibrator>(context, new NetworkBinaryModelParameters(context, network), new PlattCalibrator(context, -1, 0)),
            data.Schema, nameof(Row.Features), threshold: 0.5f, thresholdColumn: "Probability");

    public static MulticlassPredictionTransformer<NetworkMulticlassModelParameters> Multiclass(MLContext context, IDataView data, FittedNetwork network) =>
        new(context, new NetworkMulticlassModelParameters(context, network), data.Schema, nameof(Row.Features), nameof(Row.Class));

    public static ITransformer SaveAndLoad(MLContext context, ITransformer model, IDataView data)
    {
        using var stream = new MemoryStream();
        context.Model.Save(model, data.Schema, stream);
        stream.Position = 0;
        return context.Model.Load(stream, out _);
    }
}

internal sealed class Row
{
    [VectorType(Transformers.Columns)]
    public float[] Features { get; set; } = [];

    public float Label { get; set; }

    public bool Yes { get; set; }

    public uint Class { get; set; }
}

internal sealed class Scored
{
    public float Score { get; set; }
}
