using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.ML.Data;

namespace Microsoft.ML.Trainers.Torch.Data;

/// <summary>
/// Rows of one class. ML.NET's own accessors ("peeks") take the values out of them; a vector is copied once, where a cursor copies it twice.
/// </summary>
internal sealed class InMemoryRows<TRow> : InMemoryRows where TRow : class
{
    private readonly UsableRows usable;
    private readonly TRow[]? array;
    private readonly List<TRow>? list;
    private readonly Vectors features, labels;
    private readonly Numbers label, weight;
    private readonly bool severalLabels, weighted;

    /// <param name="usable">What the rows must be.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="columns">Features, label and, where there are any, weights.</param>
    /// <param name="peeks">What takes their values out of a row.</param>
    public InMemoryRows(UsableRows usable, object rows, DataViewSchema.Column[] columns, Delegate[] peeks)
    {
        this.usable = usable;
        (array, list) = (rows as TRow[], rows as List<TRow>);
        features = new Vectors(peeks[0]);
        severalLabels = columns[1].Type is VectorDataViewType;
        labels = new Vectors(peeks[1]);
        label = new Numbers(peeks[1], columns[1].Type as KeyDataViewType);
        weighted = columns.Length > 2;
        if (weighted) weight = new Numbers(peeks[2], null);
    }

    private protected override bool CanRead =>
        (array is not null || list is not null) && features.AreKnown && (severalLabels ? labels.AreKnown : label.AreKnown) && (!weighted || weight.AreKnown);

    public override void Read(int first, int count, Span<float> toFeatures, Span<float> toLabels, Span<float> toWeights)
    {
        // Not by way of Span, which an array of a derived class has not.
        ReadOnlySpan<TRow> rows = array is not null ? new ReadOnlySpan<TRow>(array) : CollectionsMarshal.AsSpan(list);
        int withFeatures = 0, whole = 0;
        try
        {
            Read(rows.Slice(first, count), first, toFeatures, toLabels, toWeights, ref withFeatures, ref whole);
        }
        catch
        {
            // What comes before a row that cannot be read at all is looked at first.
            usable.Check(first, toFeatures[..(withFeatures * usable.Columns)], toLabels[..(whole * usable.LabelColumns)], weighted ? toWeights[..whole] : []);
            throw;
        }
        usable.Check(first, toFeatures, toLabels, toWeights);
    }

    // Apart from the one above, because a method that catches keeps its variables in memory: rows would take twice as long. Optimized when it is first
    // called, because most processes read a table once.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Read(ReadOnlySpan<TRow> rows, int first, Span<float> toFeatures, Span<float> toLabels, Span<float> toWeights, ref int withFeatures, ref int whole)
    {
        int columns = usable.Columns, labelColumns = usable.LabelColumns;
        for (int i = 0; i < rows.Length; i++)
        {
            int number = first + i;
            TRow row = rows[i] ?? throw new InvalidOperationException($"Row {number} (counting from 0) must be an object but was null. Remove it.");
            usable.CheckFeatures(number, features.CopyTo(row, number, toFeatures.Slice(i * columns, columns)));
            withFeatures = i + 1;
            if (severalLabels) usable.CheckLabels(number, labels.CopyTo(row, number, toLabels.Slice(i * labelColumns, labelColumns)));
            else toLabels[i] = label.Of(row, number, usable);
            if (weighted) toWeights[i] = weight.Of(row, number, usable);
            whole = i + 1;
        }
    }

    /// <summary>A column of vectors: arrays, or ML.NET's own kind, which may be sparse.</summary>
    private readonly struct Vectors(Delegate peek)
    {
        private readonly Peek<TRow, float[]?>? arrays = peek as Peek<TRow, float[]?>;
        private readonly Peek<TRow, VBuffer<float>>? buffers = peek as Peek<TRow, VBuffer<float>>;

        public bool AreKnown => arrays is not null || buffers is not null;

        /// <summary>Copies the vector of a row if its length is right.</summary>
        /// <returns>Its length.</returns>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public int CopyTo(TRow row, int number, Span<float> to)
        {
            if (arrays is not null)
            {
                float[]? values = null;
                arrays(row, number, ref values);
                if (values is null) return 0;
                if (values.Length == to.Length) values.CopyTo(to);
                return values.Length;
            }
            VBuffer<float> buffer = default;
            buffers!(row, number, ref buffer);
            if (buffer.Length == to.Length) buffer.CopyTo(to);
            return buffer.Length;
        }
    }

    /// <summary>A column of numbers, truths or classes.</summary>
    private readonly struct Numbers(Delegate peek, KeyDataViewType? keys)
    {
        private readonly Peek<TRow, float>? numbers = keys is null ? peek as Peek<TRow, float> : null;
        private readonly Peek<TRow, bool>? truths = keys is null ? peek as Peek<TRow, bool> : null;
        private readonly Peek<TRow, uint>? classes = keys is null ? null : peek as Peek<TRow, uint>;
        private readonly ulong count = keys?.Count ?? 0;

        public bool AreKnown => numbers is not null || truths is not null || classes is not null;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public float Of(TRow row, int number, UsableRows usable)
        {
            if (numbers is not null)
            {
                float value = 0;
                numbers(row, number, ref value);
                return value;
            }
            if (truths is not null)
            {
                bool truth = false;
                truths(row, number, ref truth);
                return truth ? 1 : 0;
            }
            uint key = 0;
            classes!(row, number, ref key);
            // In a row of the user's, a class counts from 0; what is no class becomes a missing one.
            return usable.Class(number, key < count ? key + 1 : 0);
        }
    }
}
