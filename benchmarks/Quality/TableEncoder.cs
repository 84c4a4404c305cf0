using Microsoft.ML;
using Microsoft.ML.Data;

namespace MlNetLr.Benchmarks.Quality;

internal enum TableTask
{
    Regression,
    Binary,
    Multiclass,
}

/// <summary>
/// Turns a table into features that every contestant gets alike: numbers as they are (missing ones NaN), text one-hot by the values of the training
/// rows, of many values only the most frequent and none that is there once. A column is text if more than one in twenty of its training cells that are not
/// missing are no numbers; columns without a value in the training rows are left out. So are rows without a label, or of a class that no training row has.
/// </summary>
internal sealed class TableEncoder
{
    private const int MostValues = 500, StraysIn = 20;

    private readonly TableTask task;
    private readonly int label;
    private readonly List<(int Column, string[]? Values)> columns = [];
    private readonly string[] classes;

    public TableEncoder(TableFile train, int label, TableTask task, List<string>? notes = null)
    {
        this.task = task;
        this.label = label;
        TableLabel.Check(train, label, task);
        classes = task == TableTask.Regression ? [] : TableLabel.Classes(train, label);
        for (int column = 0; column < train.Names.Length; column++)
        {
            if (column == label) continue;
            string[] cells = [.. train.Rows.Select(row => row[column])], filled = [.. cells.Where(cell => !TableCell.IsMissing(cell))];
            string[] words = [.. filled.Where(cell => !TableCell.IsNumber(cell))];
            string[]? values = words.Length * StraysIn > filled.Length ? Frequent(cells) : null;
            if (filled.Length == 0) notes?.Add($"Column '{train.Names[column]}' has no value in the training rows and is left out.");
            else if (values is []) notes?.Add($"Column '{train.Names[column]}' has a different text in each row and is left out.");
            else columns.Add((column, values));
            if (values is null && words.Length > 0) notes?.Add($"Column '{train.Names[column]}' is one of numbers; cells that are none ('{words[0]}') count as missing.");
        }
        Width = columns.Sum(column => column.Values?.Length ?? 1);
        if (Width == 0) throw new ArgumentException("The table must have a column beside the label with values to learn from but has none. Choose another file or --label.");
    }

    public int Width { get; }

    public IDataView Encode(MLContext context, TableFile table) => View(context, Rows(table));

    /// <summary>The classes of these rows that no training row has.</summary>
    public IEnumerable<string> Unknown(TableFile table) => task == TableTask.Regression ? [] : TableLabel.Classes(table, label).Except(classes);

    /// <summary>The rows that have a label that can be known.</summary>
    public Row[] Rows(TableFile table) =>
        [.. table.Rows.Where(row => !TableLabel.IsMissing(row[label], task) && (task == TableTask.Regression || ClassOf(row) >= 0)).Select(Encode)];

    public IDataView View(MLContext context, Row[] rows)
    {
        var schema = SchemaDefinition.Create(typeof(Row));
        schema[nameof(Row.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, Width);
        schema[nameof(Row.Class)].ColumnType = new KeyDataViewType(typeof(uint), Math.Max(2, classes.Length));
        return context.Data.LoadFromEnumerable(rows, schema);
    }

    private int ClassOf(string[] cells) => Array.BinarySearch(classes, TableCell.Class(cells[label]), StringComparer.Ordinal);

    private Row Encode(string[] cells)
    {
        float[] features = new float[Width];
        int place = 0;
        foreach ((int column, string[]? values) in columns)
        {
            if (values is null)
            {
                features[place++] = TableCell.Number(cells[column]);
                continue;
            }
            int value = Array.BinarySearch(values, cells[column], StringComparer.Ordinal);
            if (value >= 0) features[place + value] = 1;
            place += values.Length;
        }
        int number = task == TableTask.Regression ? 0 : ClassOf(cells);
        return new Row
        {
            Features = features,
            Value = task == TableTask.Regression ? TableCell.Number(cells[label]) : 0,
            IsSecond = number == 1,
            Class = (uint)number,
        };
    }

    /// <summary>All values of a column that has few; otherwise the most frequent: one that is there once says nothing about another row.</summary>
    private static string[] Frequent(string[] cells)
    {
        (string Value, int Count)[] values = [.. cells.CountBy(cell => cell, StringComparer.Ordinal).Select(pair => (pair.Key, pair.Value))];
        if (values.Length > MostValues)
            values = [.. values.Where(own => own.Count > 1).OrderByDescending(own => own.Count).ThenBy(own => own.Value, StringComparer.Ordinal).Take(MostValues)];
        return [.. values.Select(own => own.Value).Order(StringComparer.Ordinal)];
    }

    internal sealed class Row
    {
        public float[] Features = [];
        public float Value;
        public bool IsSecond;
        public uint Class;
    }
}
