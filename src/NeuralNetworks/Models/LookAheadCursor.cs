using Microsoft.ML.Data;
using Microsoft.ML.NeuralNetworks.Scoring;

namespace Microsoft.ML.NeuralNetworks;

/// <summary>
/// Reads rows ahead, few at first and more later so that a consumer that stops soon has cost little, scores them together and then
/// serves them one by one. The values of other columns are kept meanwhile. Objects such as images cannot be kept, as their source may
/// reuse them: where such a column is wanted, rows are read one at a time.
/// </summary>
internal sealed class LookAheadCursor : DataViewRowCursor
{
    private const int FirstRows = 32, MostRows = 1024;

    private readonly DataViewRowCursor input;
    private readonly bool[] active;
    private readonly Kept?[] kept;
    private readonly int mostRows;
    private readonly NetworkScorer? scorer;
    private readonly ValueGetter<VBuffer<float>>? featureGetter;
    private readonly ValueGetter<DataViewRowId> idGetter;
    private readonly float[] rows, scores;
    private readonly long[] positions, batches;
    private readonly DataViewRowId[] ids;
    private VBuffer<float> features;
    private int nextRows, count, current = -1;
    private bool finished, disposed;

    /// <param name="input">The rows to serve.</param>
    /// <param name="schema">The columns of the input and, last, the score.</param>
    /// <param name="active">Which of them the consumer wants.</param>
    /// <param name="featureColumn">Where the features are; null if the score is not wanted.</param>
    /// <param name="network">What scores.</param>
    public LookAheadCursor(DataViewRowCursor input, DataViewSchema schema, bool[] active, DataViewSchema.Column? featureColumn, FittedNetwork network)
    {
        this.input = input;
        this.active = active;
        Schema = schema;
        Network = network;
        DataViewSchema.Column[] passed = [.. input.Schema.Where(column => active[column.Index])];
        bool canKeep = passed.All(column => column.Type.RawType.IsValueType);
        mostRows = featureColumn is null || !canKeep ? 1 : MostRows;
        nextRows = Math.Min(FirstRows, mostRows);
        kept = new Kept?[input.Schema.Count];
        if (mostRows > 1)
            foreach (DataViewSchema.Column column in passed)
                kept[column.Index] = (Kept)Activator.CreateInstance(typeof(Kept<>).MakeGenericType(column.Type.RawType), input, column, mostRows)!;
        idGetter = input.GetIdGetter();
        positions = new long[mostRows];
        batches = new long[mostRows];
        ids = new DataViewRowId[mostRows];
        rows = [];
        scores = [];
        if (featureColumn is null) return;
        scorer = new NetworkScorer(network);
        featureGetter = input.GetGetter<VBuffer<float>>(featureColumn.Value);
        rows = new float[mostRows * scorer.Inputs];
        scores = new float[mostRows * scorer.Predictions];
    }

    public override DataViewSchema Schema { get; }

    public override long Position => current >= 0 ? positions[current] : -1;

    public override long Batch => current >= 0 ? batches[current] : 0;

    private FittedNetwork Network { get; }

    public override bool MoveNext()
    {
        if (finished) return false;
        if (++current < count) return true;
        current = 0;
        count = 0;
        for (; count < nextRows && input.MoveNext(); count++) Keep(count);
        nextRows = Math.Min(2 * nextRows, mostRows);
        finished = count == 0;
        if (finished) current = -1;
        else scorer?.Score(rows, count, scores.AsSpan(0, count * scorer.Predictions));
        return !finished;
    }

    public override bool IsColumnActive(DataViewSchema.Column column) => active[column.Index];

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId value) => value = ids[Current()];

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (!active[column.Index]) throw new ArgumentOutOfRangeException(nameof(column), $"Column '{column.Name}' must be active but is not. Ask for it when making the cursor.");
        Delegate getter = column.Index < kept.Length
            ? kept[column.Index]?.Getter(Current) ?? input.GetGetter<TValue>(input.Schema[column.Index])
            : scorer!.Predictions == 1 ? NumberGetter() : VectorGetter();
        return getter as ValueGetter<TValue>
            ?? throw new InvalidOperationException($"Column '{column.Name}' holds {column.Type.RawType} but was asked for as {typeof(TValue)}.");
    }

    protected override void Dispose(bool disposing)
    {
        if (disposed) return;
        disposed = true;
        if (disposing) input.Dispose();
        base.Dispose(disposing);
    }

    private void Keep(int row)
    {
        positions[row] = input.Position;
        batches[row] = input.Batch;
        idGetter(ref ids[row]);
        foreach (Kept? column in kept) column?.Read(row);
        if (featureGetter is null) return;
        featureGetter(ref features);
        Span<float> target = rows.AsSpan(row * scorer!.Inputs, scorer.Inputs);
        if (features.IsDense)
        {
            features.GetValues().CopyTo(target);
            return;
        }
        target.Clear();
        ReadOnlySpan<int> indices = features.GetIndices();
        ReadOnlySpan<float> values = features.GetValues();
        for (int i = 0; i < indices.Length; i++) target[indices[i]] = values[i];
    }

    private ValueGetter<float> NumberGetter() => (ref float value) => value = scores[Current()];

    private ValueGetter<VBuffer<float>> VectorGetter() => (ref VBuffer<float> value) =>
    {
        int predictions = Network.Predictions;
        VBufferEditor<float> editor = VBufferEditor.Create(ref value, predictions);
        scores.AsSpan(Current() * predictions, predictions).CopyTo(editor.Values);
        value = editor.Commit();
    };

    private int Current() => current >= 0 ? current : throw new InvalidOperationException("A value must be read at a row, but the cursor stands before the first or behind the last. Call MoveNext first.");

    /// <summary>The values of one column in the rows read ahead.</summary>
    private abstract class Kept
    {
        public abstract void Read(int row);

        public abstract Delegate Getter(Func<int> current);
    }

    private sealed class Kept<T> : Kept
    {
        private readonly T[] values;
        private readonly ValueGetter<T> getter;
        private readonly Copier copy;

        public Kept(DataViewRowCursor input, DataViewSchema.Column column, int rows)
        {
            values = new T[rows];
            getter = input.GetGetter<T>(column);
            // A vector shares its arrays with whoever copies it plainly.
            copy = typeof(T).IsGenericType && typeof(T).GetGenericTypeDefinition() == typeof(VBuffer<>)
                ? typeof(LookAheadCursor).GetMethod(nameof(CopyVector), System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.NonPublic)!
                    .MakeGenericMethod(typeof(T).GetGenericArguments()).CreateDelegate<Copier>()
                : static (ref T from, ref T to) => to = from;
        }

        private delegate void Copier(ref T from, ref T to);

        public override void Read(int row) => getter(ref values[row]);

        public override Delegate Getter(Func<int> current) => (ValueGetter<T>)((ref T value) => copy(ref values[current()], ref value));
    }

    private static void CopyVector<T>(ref VBuffer<T> from, ref VBuffer<T> to) => from.CopyTo(ref to);
}
