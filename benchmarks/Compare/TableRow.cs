using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers.Torch.Data;

namespace MlNetLr.Benchmarks.Compare;

/// <summary>A row as an ML.NET user has it in memory.</summary>
internal sealed class TableRow
{
    public float[] Features { get; set; } = [];

    public float Label { get; set; }

    /// <summary>A data view over the rows of a workload.</summary>
    public static IDataView View(MLContext context, TrainingData data)
    {
        var rows = new TableRow[data.Rows];
        for (int i = 0; i < rows.Length; i++)
            rows[i] = new TableRow { Features = data.Features.Slice(i * data.Columns, data.Columns).ToArray(), Label = data.Labels.Span[i] };
        SchemaDefinition schema = SchemaDefinition.Create(typeof(TableRow));
        schema[nameof(Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, data.Columns);
        return context.Data.LoadFromEnumerable(rows, schema);
    }
}

/// <summary>A row whose label is the sign of the workload's.</summary>
internal sealed class ClassRow
{
    public float[] Features { get; set; } = [];

    public bool Label { get; set; }

    /// <summary>A data view over the rows of a workload.</summary>
    public static IDataView View(MLContext context, TrainingData data)
    {
        var rows = new ClassRow[data.Rows];
        for (int i = 0; i < rows.Length; i++)
            rows[i] = new ClassRow { Features = data.Features.Slice(i * data.Columns, data.Columns).ToArray(), Label = data.Labels.Span[i] > 0 };
        SchemaDefinition schema = SchemaDefinition.Create(typeof(ClassRow));
        schema[nameof(Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, data.Columns);
        return context.Data.LoadFromEnumerable(rows, schema);
    }
}

/// <summary>A row's prediction.</summary>
internal sealed class ScoreRow
{
    public float Score { get; set; }
}
