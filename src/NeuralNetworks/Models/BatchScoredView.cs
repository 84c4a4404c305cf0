using Microsoft.ML.Data;

namespace Microsoft.ML.NeuralNetworks;

/// <summary>
/// A data view with the score of a network beside its columns. Its cursors read some rows ahead and score them together: the rows,
/// their order, positions and ids are those of the source. Where no score is asked for, nothing is computed.
/// </summary>
internal sealed class BatchScoredView : IDataView
{
    private readonly IDataView source;
    private readonly FittedNetwork network;
    private readonly DataViewSchema.Column features;

    public BatchScoredView(IDataView source, FittedNetwork network, string featureColumnName)
    {
        this.source = source;
        this.network = network;
        features = source.Schema.GetColumnOrNull(featureColumnName)
            ?? throw new ArgumentException($"featureColumnName must name a column but was '{featureColumnName}'. There are: {string.Join(", ", source.Schema.Select(column => column.Name))}.", nameof(featureColumnName));
        var type = new VectorDataViewType(NumberDataViewType.Single, network.Network.Inputs);
        if (!features.Type.Equals(type))
            throw new ArgumentException($"Column '{featureColumnName}' must be {type} but was {features.Type}. Score with the features that the model was trained on.", nameof(featureColumnName));
        var schema = new DataViewSchema.Builder();
        schema.AddColumns(source.Schema);
        schema.AddColumn("Score", network.Predictions == 1 ? NumberDataViewType.Single : new VectorDataViewType(NumberDataViewType.Single, network.Predictions));
        Schema = schema.ToSchema();
    }

    public DataViewSchema Schema { get; }

    public bool CanShuffle => source.CanShuffle;

    public long? GetRowCount() => source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        bool[] active = Active(columnsNeeded);
        return Wrap(source.GetRowCursor(SourceColumns(active), rand), active);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        bool[] active = Active(columnsNeeded);
        return [.. source.GetRowCursorSet(SourceColumns(active), n, rand).Select(cursor => Wrap(cursor, active))];
    }

    private LookAheadCursor Wrap(DataViewRowCursor cursor, bool[] active) => new(cursor, Schema, active, active[^1] ? features : null, network);

    private bool[] Active(IEnumerable<DataViewSchema.Column> columnsNeeded)
    {
        bool[] active = new bool[Schema.Count];
        foreach (DataViewSchema.Column column in columnsNeeded) active[column.Index] = true;
        return active;
    }

    private IEnumerable<DataViewSchema.Column> SourceColumns(bool[] active) =>
        source.Schema.Where(column => active[column.Index] || active[^1] && column.Index == features.Index);
}
