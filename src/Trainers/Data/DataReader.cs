using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Trainers.Torch.Data;

/// <summary>
/// Reads the feature, label and weight columns into flat buffers, in one pass and in row order. Whatever training could not use
/// (NaN, infinity, a missing or unknown class, a negative weight) is an error with the column and the row.
/// </summary>
internal static class DataReader
{
    /// <summary>Numbers that are read before they are checked: they and the place they go to stay in the second cache.</summary>
    internal const int FloatsPerBlock = 1 << 14;

    // Below, a second thread costs more than it reads.
    private const long ParallelFloats = 1 << 20;
    private const int MostThreads = 4;

    /// <param name="data">The rows, with the roles of their columns.</param>
    /// <param name="classes">Number of classes; 0 where the label is not a class.</param>
    /// <param name="mayBeMissing">Whether NaN in that feature is kept for the network to handle.</param>
    /// <param name="checkAlive">Called now and then; throws to cancel.</param>
    /// <param name="threads">Threads that may read; null: as many as there are processors, at most four.</param>
    /// <param name="what">What the rows are for: training or validation.</param>
    public static TrainingData Read(RoleMappedData data, int classes, Func<int, bool> mayBeMissing, Action checkAlive, int? threads = null, string what = "training")
    {
        var usable = new UsableRows(data, classes, mayBeMissing);
        int columns = usable.Columns, labelColumns = usable.LabelColumns;
        bool weighted = data.Schema.Weight is not null;
        long? rows = data.Data.GetRowCount();
        int block = Math.Max(1, FloatsPerBlock / columns);

        RowBuffer[] buffers = RowBuffer.For(rows, columns, labelColumns, weighted ? 1 : 0);
        RowBuffer features = buffers[0], labels = buffers[1], weights = buffers[2];
        if (!features.Whole.IsEmpty && !labels.Whole.IsEmpty && InMemoryRows.Of(data, usable) is { } inMemory)
        {
            int readers = features.Whole.Length < ParallelFloats ? 1 : Math.Min(threads ?? Environment.ProcessorCount, MostThreads);
            new ParallelReading(inMemory, (int)rows!.Value, block, features.Whole, labels.Whole, weights.Whole).Run(readers, checkAlive);
            return Checked(data, what, new TrainingData((int)rows.Value, columns, features.Whole, labels.Whole, weights.Whole) { LabelColumns = labelColumns });
        }

        using var reader = new RowReader(data, usable);
        while (true)
        {
            checkAlive();
            Span<float> toFeatures = features.Room(), toLabels = labels.Room(), toWeights = weighted ? weights.Room() : [];
            int room = Math.Min(Math.Min(toFeatures.Length / columns, toLabels.Length / labelColumns), Math.Min(block, weighted ? toWeights.Length : block));
            int read = reader.Read(room, toFeatures, toLabels, toWeights);
            features.Add(read);
            labels.Add(read);
            if (weighted) weights.Add(read);
            if (read < room) break;
        }
        return Checked(data, what, new TrainingData(features.Rows, columns, features.Join(), labels.Join(), weights.Join()) { LabelColumns = labelColumns });
    }

    private static TrainingData Checked(RoleMappedData data, string what, TrainingData read)
    {
        if (read.Rows == 0)
            throw new InvalidOperationException($"The {what} data must have at least one row but had none. Check the path and the filters of the data view.");
        if (data.Schema.Weight is { } weight && read.Weights.Span.IndexOfAnyExcept(0f) < 0)
            throw new InvalidOperationException($"The weights of the {what} data in column '{weight.Name}' must not all be zero but were. Leave the weight column out to count every row alike.");
        return read;
    }
}
