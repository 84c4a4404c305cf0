using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Trainers.Torch.Data;

/// <summary>
/// One cursor over the feature, label and weight columns. It reads a block of rows to where they shall lie and then checks the block, while it is
/// still in the cache. The first unusable value is the error: in the order of rows, and within a row features, label, weight.
/// </summary>
internal sealed class RowReader : IDisposable
{
    private readonly DataViewRowCursor cursor;
    private readonly DataViewSchema.Column featureColumn;
    private readonly string features, label, weight;
    private readonly Func<int, bool> mayBeMissing;
    private readonly ValueGetter<VBuffer<float>> getFeatures;
    private readonly ValueGetter<float>? getLabel, getWeight;
    private readonly ValueGetter<VBuffer<float>>? getLabels;
    private readonly int columns, labelColumns;
    private VBuffer<float> row, labels;
    private long position;

    /// <param name="data">The rows, with the roles of their columns.</param>
    /// <param name="classes">Number of classes; 0 where the label is not a class.</param>
    /// <param name="mayBeMissing">Whether NaN in that feature is kept for the network to handle.</param>
    public RowReader(RoleMappedData data, int classes, Func<int, bool> mayBeMissing)
    {
        DataViewSchema.Column feature = data.Schema.Feature!.Value, target = data.Schema.Label!.Value;
        DataViewSchema.Column? weighted = data.Schema.Weight;
        featureColumn = feature;
        (features, label, weight) = (feature.Name, target.Name, weighted?.Name ?? "");
        (columns, labelColumns) = (feature.Type.GetVectorSize(), Math.Max(1, target.Type.GetValueCount()));
        this.mayBeMissing = mayBeMissing;
        cursor = data.Data.GetRowCursor(weighted is { } w ? [feature, target, w] : [feature, target]);
        getFeatures = cursor.GetGetter<VBuffer<float>>(feature);
        if (target.Type is VectorDataViewType) getLabels = cursor.GetGetter<VBuffer<float>>(target);
        else getLabel = LabelGetter(target, classes);
        if (weighted is { } column) getWeight = cursor.GetGetter<float>(column);
    }

    /// <summary>Passes over rows without reading them; false if there were not so many.</summary>
    public bool Skip(long rows)
    {
        for (position += rows; rows > 0; rows--)
            if (!cursor.MoveNext()) return false;
        return true;
    }

    /// <summary>Reads the next rows, as many as there are and there is room for.</summary>
    /// <returns>How many rows were read; less than asked for at the end of the view.</returns>
    /// <exception cref="InvalidOperationException">A row cannot be used.</exception>
    public int Read(int rows, Span<float> toFeatures, Span<float> toLabels, Span<float> toWeights)
    {
        int read = 0, copied = 0;
        try
        {
            for (; read < rows && cursor.MoveNext(); read++)
            {
                getFeatures(ref row);
                if (row.Length != columns) throw OtherLength(features, position + read, columns, row.Length);
                row.CopyTo(toFeatures.Slice(read * columns, columns));
                copied++;
                if (getLabel is not null) getLabel(ref toLabels[read]);
                else
                {
                    getLabels!(ref labels);
                    if (labels.Length != labelColumns) throw OtherLength(label, position + read, labelColumns, labels.Length);
                    labels.CopyTo(toLabels.Slice(read * labelColumns, labelColumns));
                }
                getWeight?.Invoke(ref toWeights[read]);
            }
        }
        catch
        {
            // What comes before a row that cannot be read at all is looked at first.
            Check(toFeatures[..(copied * columns)], toLabels[..(read * labelColumns)], getWeight is null ? [] : toWeights[..read]);
            throw;
        }
        Check(toFeatures[..(read * columns)], toLabels[..(read * labelColumns)], getWeight is null ? [] : toWeights[..read]);
        position += read;
        return read;
    }

    public void Dispose() => cursor.Dispose();

    private ValueGetter<float> LabelGetter(DataViewSchema.Column target, int classes)
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
            if (key == 0 || key > classes)
                throw Unusable(label, cursor.Position, $"a class from 1 to {classes} but was {(key == 0 ? "missing" : key.ToString(CultureInfo.InvariantCulture))}",
                    "Map the label with mlContext.Transforms.Conversion.MapValueToKey over all classes and filter rows without one.");
            number = key - 1;
        };
    }

    private void Check(ReadOnlySpan<float> someFeatures, ReadOnlySpan<float> someLabels, ReadOnlySpan<float> someWeights)
    {
        int badFeature = IndexOfUnusable(someFeatures), badLabel = IndexOfNonFinite(someLabels), badWeight = IndexOfBadWeight(someWeights);
        if ((badFeature & badLabel & badWeight) == -1) return;
        int featureRow = badFeature < 0 ? int.MaxValue : badFeature / columns, labelRow = badLabel < 0 ? int.MaxValue : badLabel / labelColumns;
        int weightRow = badWeight < 0 ? int.MaxValue : badWeight;
        if (featureRow <= Math.Min(labelRow, weightRow))
            throw Unusable(features, position + featureRow, $"finite in every slot but slot {badFeature % columns}{SlotName(badFeature % columns)} was {Text(someFeatures[badFeature])}",
                float.IsNaN(someFeatures[badFeature])
                    ? "Set MissingValues, replace missing values (mlContext.Transforms.ReplaceMissingValues) or filter such rows first."
                    : "An infinite number is no missing value: filter such rows, or bound the column in what computes it (a ratio, a logarithm or an overflow).");
        if (labelRow <= weightRow)
            throw Unusable(label, position + labelRow,
                getLabels is null ? $"finite but was {Text(someLabels[badLabel])}" : $"finite in every slot but slot {badLabel % labelColumns} was {Text(someLabels[badLabel])}",
                "Filter rows without a label first.");
        throw Unusable(weight, position + weightRow, $"a finite number of at least 0 but was {Text(someWeights[badWeight])}", "Correct the weight or filter the row.");
    }

    /// <summary>In quotes and brackets, where the column names that slot.</summary>
    private string SlotName(int slot)
    {
        if (!featureColumn.HasSlotNames()) return "";
        VBuffer<ReadOnlyMemory<char>> names = default;
        featureColumn.GetSlotNames(ref names);
        return names.GetItemOrDefault(slot) is { IsEmpty: false } name ? $" ('{name}')" : "";
    }

    private int IndexOfUnusable(ReadOnlySpan<float> values)
    {
        for (int start = 0; ; start++)
        {
            int bad = IndexOfNonFinite(values[start..]);
            if (bad < 0) return -1;
            start += bad;
            if (!(float.IsNaN(values[start]) && mayBeMissing(start % columns))) return start;
        }
    }

    private static int IndexOfBadWeight(ReadOnlySpan<float> values)
    {
        for (int i = 0; i < values.Length; i++)
            if (!(float.IsFinite(values[i]) && values[i] >= 0)) return i;
        return -1;
    }

    /// <summary>The index of the first NaN or infinity, or -1.</summary>
    internal static int IndexOfNonFinite(ReadOnlySpan<float> values)
    {
        // Exponent bits all set: NaN or infinity.
        var exponent = new Vector<int>(0x7F800000);
        ReadOnlySpan<Vector<int>> vectors = MemoryMarshal.Cast<float, Vector<int>>(values);
        int start = 0;
        foreach (Vector<int> vector in vectors)
        {
            if (Vector.EqualsAny(vector & exponent, exponent)) break;
            start += Vector<float>.Count;
        }
        for (int i = start; i < values.Length; i++)
            if (!float.IsFinite(values[i])) return i;
        return -1;
    }

    private static InvalidOperationException Unusable(string column, long position, string rule, string advice) =>
        new($"Column '{column}' of row {position} (counting from 0) must be {rule}. {advice}");

    private static InvalidOperationException OtherLength(string column, long position, int expected, int length) =>
        Unusable(column, position, $"a vector of {expected} as the column's type says but had {length} values", "Give every row all of them.");

    private static string Text(float value) => value.ToString(CultureInfo.InvariantCulture);
}
