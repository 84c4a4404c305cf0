using Microsoft.ML.Data;

namespace Microsoft.ML.Trainers.Torch.Data;

/// <summary>One cursor over the feature, label and weight columns. It reads a block of rows to where they shall lie.</summary>
internal sealed class RowReader : IDisposable
{
    private readonly UsableRows usable;
    private readonly DataViewRowCursor cursor;
    private readonly ValueGetter<VBuffer<float>> getFeatures;
    private readonly ValueGetter<float>? getLabel, getWeight;
    private readonly ValueGetter<VBuffer<float>>? getLabels;
    private VBuffer<float> row, labels;
    private long position;

    public RowReader(RoleMappedData data, UsableRows usable)
    {
        DataViewSchema.Column feature = data.Schema.Feature!.Value, target = data.Schema.Label!.Value;
        DataViewSchema.Column? weighted = data.Schema.Weight;
        this.usable = usable;
        cursor = data.Data.GetRowCursor(weighted is { } w ? [feature, target, w] : [feature, target]);
        getFeatures = cursor.GetGetter<VBuffer<float>>(feature);
        if (target.Type is VectorDataViewType) getLabels = cursor.GetGetter<VBuffer<float>>(target);
        else getLabel = LabelGetter(target);
        if (weighted is { } column) getWeight = cursor.GetGetter<float>(column);
    }

    /// <summary>Reads the next rows, as many as there are and there is room for.</summary>
    /// <returns>How many rows were read; less than asked for at the end of the view.</returns>
    /// <exception cref="InvalidOperationException">A row cannot be used.</exception>
    public int Read(int rows, Span<float> toFeatures, Span<float> toLabels, Span<float> toWeights)
    {
        int read = 0, copied = 0, columns = usable.Columns, labelColumns = usable.LabelColumns;
        try
        {
            for (; read < rows && cursor.MoveNext(); read++)
            {
                getFeatures(ref row);
                usable.CheckFeatures(position + read, row.Length);
                row.CopyTo(toFeatures.Slice(read * columns, columns));
                copied++;
                if (getLabel is not null) getLabel(ref toLabels[read]);
                else
                {
                    getLabels!(ref labels);
                    usable.CheckLabels(position + read, labels.Length);
                    labels.CopyTo(toLabels.Slice(read * labelColumns, labelColumns));
                }
                getWeight?.Invoke(ref toWeights[read]);
            }
        }
        catch
        {
            // What comes before a row that cannot be read at all is looked at first.
            usable.Check(position, toFeatures[..(copied * columns)], toLabels[..(read * labelColumns)], getWeight is null ? [] : toWeights[..read]);
            throw;
        }
        usable.Check(position, toFeatures[..(read * columns)], toLabels[..(read * labelColumns)], getWeight is null ? [] : toWeights[..read]);
        position += read;
        return read;
    }

    public void Dispose() => cursor.Dispose();

    private ValueGetter<float> LabelGetter(DataViewSchema.Column target)
    {
        if (target.Type is BooleanDataViewType)
        {
            ValueGetter<bool> get = cursor.GetGetter<bool>(target);
            bool value = false;
            return (ref float number) =>
            {
                get(ref value);
                number = value ? 1 : 0;
            };
        }
        if (target.Type is not KeyDataViewType) return cursor.GetGetter<float>(target);
        ValueGetter<uint> getKey = cursor.GetGetter<uint>(target);
        uint key = 0;
        return (ref float number) =>
        {
            getKey(ref key);
            number = usable.Class(cursor.Position, key);
        };
    }
}
