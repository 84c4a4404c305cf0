using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Trainers.Torch.Data;

/// <summary>
/// Reads the feature, label and weight columns into flat buffers, in one pass and in row order. Whatever training could not use
/// (NaN, infinity, a missing or unknown class, a negative weight) is an error with the column and the row.
/// </summary>
internal static class DataReader
{
    /// <param name="data">The rows, with the roles of their columns.</param>
    /// <param name="classes">Number of classes; 0 where the label is not a class.</param>
    /// <param name="mayBeMissing">Whether NaN in that feature is kept for the network to handle.</param>
    /// <param name="checkAlive">Called now and then; throws to cancel.</param>
    public static TrainingData Read(RoleMappedData data, int classes, Func<int, bool> mayBeMissing, Action checkAlive)
    {
        DataViewSchema.Column features = data.Schema.Feature!.Value;
        DataViewSchema.Column label = data.Schema.Label!.Value;
        DataViewSchema.Column? weight = data.Schema.Weight;
        int columns = features.Type.GetVectorSize();
        int labelColumns = Math.Max(1, label.Type.GetValueCount());

        long? rows = data.Data.GetRowCount();
        var featureRows = new RowBuffer(columns, rows);
        var labelRows = new RowBuffer(labelColumns, rows);
        var weightRows = new RowBuffer(1);

        using DataViewRowCursor cursor = data.Data.GetRowCursor(weight is { } w ? [features, label, w] : [features, label]);
        ValueGetter<VBuffer<float>> getFeatures = cursor.GetGetter<VBuffer<float>>(features);
        RowLabelReader readLabel = LabelReader(cursor, label, classes);
        ValueGetter<float>? getWeight = weight is { } column ? cursor.GetGetter<float>(column) : null;
        VBuffer<float> row = default;
        while (cursor.MoveNext())
        {
            if ((cursor.Position & 0x3FFF) == 0) checkAlive();
            getFeatures(ref row);
            Span<float> values = featureRows.Append();
            row.CopyTo(values);
            int bad = IndexOfNonFinite(values);
            if (bad >= 0) bad = IndexOfUnusable(values, bad, mayBeMissing);
            if (bad >= 0)
                throw Unusable(features.Name, cursor.Position, $"finite in every slot but slot {bad} was {Text(values[bad])}",
                    "Set MissingValues, replace missing values (mlContext.Transforms.ReplaceMissingValues) or filter such rows first.");
            readLabel(labelRows.Append(), cursor.Position);
            if (getWeight is not null) ReadWeight(getWeight, weightRows.Append(), weight!.Value.Name, cursor.Position);
        }
        if (featureRows.Rows == 0)
            throw new InvalidOperationException("The training data must have at least one row but had none. Check the path and the filters of the data view.");
        Memory<float> weights = weightRows.Join();
        if (getWeight is not null && weights.Span.IndexOfAnyExcept(0f) < 0)
            throw new InvalidOperationException($"The weights in column '{weight!.Value.Name}' must not all be zero but were. Leave the weight column out to count every row alike.");

        return new TrainingData(featureRows.Rows, columns, featureRows.Join(), labelRows.Join(), weights) { LabelColumns = labelColumns };
    }

    private delegate void RowLabelReader(Span<float> destination, long position);

    private static RowLabelReader LabelReader(DataViewRowCursor cursor, DataViewSchema.Column label, int classes)
    {
        if (label.Type is BooleanDataViewType)
        {
            ValueGetter<bool> get = cursor.GetGetter<bool>(label);
            bool value = false;
            return (destination, _) => { get(ref value); destination[0] = value ? 1 : 0; };
        }
        if (label.Type is KeyDataViewType)
        {
            ValueGetter<uint> get = cursor.GetGetter<uint>(label);
            uint key = 0;
            return (destination, position) =>
            {
                get(ref key);
                if (key == 0 || key > classes)
                    throw Unusable(label.Name, position, $"a class from 1 to {classes} but was {(key == 0 ? "missing" : key.ToString(CultureInfo.InvariantCulture))}",
                        "Map the label with mlContext.Transforms.Conversion.MapValueToKey over all classes and filter rows without one.");
                destination[0] = key - 1;
            };
        }
        if (label.Type is VectorDataViewType)
        {
            ValueGetter<VBuffer<float>> get = cursor.GetGetter<VBuffer<float>>(label);
            VBuffer<float> values = default;
            return (destination, position) =>
            {
                get(ref values);
                values.CopyTo(destination);
                int bad = IndexOfNonFinite(destination);
                if (bad >= 0) throw Unusable(label.Name, position, $"finite in every slot but slot {bad} was {Text(destination[bad])}", "Filter rows without a label first.");
            };
        }
        {
            ValueGetter<float> get = cursor.GetGetter<float>(label);
            return (destination, position) =>
            {
                get(ref destination[0]);
                if (!float.IsFinite(destination[0])) throw Unusable(label.Name, position, $"finite but was {Text(destination[0])}", "Filter rows without a label first.");
            };
        }
    }

    private static void ReadWeight(ValueGetter<float> get, Span<float> destination, string column, long position)
    {
        get(ref destination[0]);
        if (!(float.IsFinite(destination[0]) && destination[0] >= 0))
            throw Unusable(column, position, $"a finite number of at least 0 but was {Text(destination[0])}", "Correct the weight or filter the row.");
    }

    private static InvalidOperationException Unusable(string column, long position, string rule, string advice) =>
        new($"Column '{column}' of row {position} (counting from 0) must be {rule}. {advice}");

    private static string Text(float value) => value.ToString(CultureInfo.InvariantCulture);

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

    private static int IndexOfUnusable(ReadOnlySpan<float> values, int start, Func<int, bool> mayBeMissing)
    {
        for (int i = start; i < values.Length; i++)
            if (!float.IsFinite(values[i]) && !(float.IsNaN(values[i]) && mayBeMissing(i))) return i;
        return -1;
    }
}
