using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

namespace Microsoft.ML.Trainers.Torch.Estimators;

/// <summary>Makes a table from each key of a column to its number, for ML.NET's own mapping.</summary>
internal sealed class KeyToCodeEstimator(IHostEnvironment environment, string output, string input) : IEstimator<ITransformer>
{
    // What a categorical column of a network may have.
    private const ulong MostKeys = 1 << 22;

    /// <exception cref="ArgumentException">There is no such column, or it has other values than keys.</exception>
    public ITransformer Fit(IDataView data)
    {
        DataViewSchema.Column column = data.Schema.GetColumnOrNull(input)
            ?? throw new ArgumentException($"inputColumnName must name a column but was '{input}'. There are: {string.Join(", ", data.Schema.Select(each => each.Name))}.");
        if (column.Type.GetItemType() is not KeyDataViewType { RawType: { } raw, Count: <= MostKeys } key || raw != typeof(uint))
            throw new ArgumentException($"Column '{input}' must hold keys of UInt32, at most {MostKeys}, but was {column.Type}. Map its values with Conversion.MapValueToKey first.");
        SchemaDefinition schema = SchemaDefinition.Create(typeof(Code));
        schema[nameof(Code.Key)].ColumnType = key;
        // In memory keys count from 0.
        IDataView table = DataViewConstructionUtils.CreateFromEnumerable(
            environment, Enumerable.Range(0, (int)key.Count).Select(i => new Code { Key = (uint)i, Number = i + 1 }).ToArray(), schema);
        return new ValueMappingEstimator(environment, table, table.Schema[nameof(Code.Key)], table.Schema[nameof(Code.Number)], [(output, input)]).Fit(data);
    }

    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        if (!inputSchema.TryFindColumn(input, out SchemaShape.Column column)) throw new ArgumentException($"inputColumnName must name a column but was '{input}'. There are: {string.Join(", ", inputSchema.Select(each => each.Name))}.");
        if (!column.IsKey) throw new ArgumentException($"Column '{input}' must hold keys but was {column.GetTypeString()}. Map its values with Conversion.MapValueToKey first.");
        var columns = inputSchema.ToDictionary(each => each.Name);
        columns[output] = new SchemaShape.Column(output, column.Kind, NumberDataViewType.Single, isKey: false);
        return new SchemaShape(columns.Values);
    }

    private sealed class Code
    {
        public uint Key;
        public float Number;
    }
}
