using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.ML.Data;

namespace Microsoft.ML.Trainers.Torch.Data;

/// <summary>
/// What the rows must be to be learned from. The first unusable value is the error: in the order of rows, and within a row features, label, weight.
/// </summary>
internal sealed class UsableRows
{
    private readonly DataViewSchema.Column featureColumn;
    private readonly string features, label, weight;
    private readonly Func<int, bool> mayBeMissing;
    private readonly bool severalLabels;

    /// <param name="data">The rows, with the roles of their columns.</param>
    /// <param name="classes">Number of classes; 0 where the label is not a class.</param>
    /// <param name="mayBeMissing">Whether NaN in that feature is kept for the network to handle.</param>
    public UsableRows(RoleMappedData data, int classes, Func<int, bool> mayBeMissing)
    {
        featureColumn = data.Schema.Feature!.Value;
        DataViewSchema.Column target = data.Schema.Label!.Value;
        (features, label, weight) = (featureColumn.Name, target.Name, data.Schema.Weight?.Name ?? "");
        severalLabels = target.Type is VectorDataViewType;
        (Columns, LabelColumns, Classes) = (featureColumn.Type.GetVectorSize(), Math.Max(1, target.Type.GetValueCount()), classes);
        this.mayBeMissing = mayBeMissing;
    }

    /// <summary>Features per row.</summary>
    public int Columns { get; }

    /// <summary>Targets per row.</summary>
    public int LabelColumns { get; }

    /// <summary>Number of classes; 0 where the label is not a class.</summary>
    public int Classes { get; }

    /// <summary>Looks at rows that were read, while they are still in the cache.</summary>
    /// <param name="first">The number of the first of them in the view.</param>
    /// <param name="someFeatures">Their features.</param>
    /// <param name="someLabels">Their labels.</param>
    /// <param name="someWeights">Their weights; empty where there are none.</param>
    /// <exception cref="InvalidOperationException">NaN, infinity or a negative weight.</exception>
    public void Check(long first, ReadOnlySpan<float> someFeatures, ReadOnlySpan<float> someLabels, ReadOnlySpan<float> someWeights)
    {
        int badFeature = IndexOfUnusable(someFeatures), badLabel = IndexOfNonFinite(someLabels), badWeight = IndexOfBadWeight(someWeights);
        if ((badFeature & badLabel & badWeight) == -1) return;
        int featureRow = badFeature < 0 ? int.MaxValue : badFeature / Columns, labelRow = badLabel < 0 ? int.MaxValue : badLabel / LabelColumns;
        int weightRow = badWeight < 0 ? int.MaxValue : badWeight;
        if (featureRow <= Math.Min(labelRow, weightRow))
            throw Unusable(features, first + featureRow, $"finite in every slot but slot {badFeature % Columns}{SlotName(badFeature % Columns)} was {Text(someFeatures[badFeature])}",
                float.IsNaN(someFeatures[badFeature])
                    ? "Set MissingValues, replace missing values (mlContext.Transforms.ReplaceMissingValues) or filter such rows first."
                    : "An infinite number is no missing value: filter such rows, or bound the column in what computes it (a ratio, a logarithm or an overflow).");
        if (labelRow <= weightRow)
            throw Unusable(label, first + labelRow,
                severalLabels ? $"finite in every slot but slot {badLabel % LabelColumns} was {Text(someLabels[badLabel])}" : $"finite but was {Text(someLabels[badLabel])}",
                "Filter rows without a label first.");
        throw Unusable(weight, first + weightRow, $"a finite number of at least 0 but was {Text(someWeights[badWeight])}", "Correct the weight or filter the row.");
    }

    /// <summary>Whether the features of a row are as many as their column's type says.</summary>
    /// <exception cref="InvalidOperationException">They are not.</exception>
    public void CheckFeatures(long row, int length) => CheckLength(features, row, Columns, length);

    /// <summary>Whether the labels of a row are as many as their column's type says.</summary>
    /// <exception cref="InvalidOperationException">They are not.</exception>
    public void CheckLabels(long row, int length) => CheckLength(label, row, LabelColumns, length);

    /// <summary>The class of a row, from 0.</summary>
    /// <param name="row">The number of the row in the view.</param>
    /// <param name="key">From 1; 0 where it is missing.</param>
    /// <exception cref="InvalidOperationException">It is missing or beyond the classes.</exception>
    public float Class(long row, uint key)
    {
        if (key == 0 || key > Classes)
            throw Unusable(label, row, $"a class from 1 to {Classes} but was {(key == 0 ? "missing" : key.ToString(CultureInfo.InvariantCulture))}",
                "Map the label with mlContext.Transforms.Conversion.MapValueToKey over all classes and filter rows without one.");
        return key - 1;
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
            if (!(float.IsNaN(values[start]) && mayBeMissing(start % Columns))) return start;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int IndexOfBadWeight(ReadOnlySpan<float> values)
    {
        for (int i = 0; i < values.Length; i++)
            if (!(float.IsFinite(values[i]) && values[i] >= 0)) return i;
        return -1;
    }

    /// <summary>The index of the first NaN or infinity, or -1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int IndexOfNonFinite(ReadOnlySpan<float> values)
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CheckLength(string column, long row, int expected, int length)
    {
        if (length != expected)
            throw Unusable(column, row, $"a vector of {expected} as the column's type says but had {length} values", "Give every row all of them.");
    }

    private static InvalidOperationException Unusable(string column, long row, string rule, string advice) =>
        new($"Column '{column}' of row {row} (counting from 0) must be {rule}. {advice}");

    private static string Text(float value) => value.ToString(CultureInfo.InvariantCulture);
}
