using Microsoft.ML;
using Microsoft.ML.Data;

namespace MlNetLr.Benchmarks.Quality;

/// <summary>
/// Turns a table into features that every contestant gets alike: numbers as they are (missing ones NaN), text one-hot by the values of the training
/// rows, of many values only the most frequent. A column is text if a training cell that is not missing is no number. Rows without a label are left out.
/// </summary>
internal sealed class TableEncoder
{
    private const int MostValues = 500, MostClasses = 500;

    private readonly TableTask task;
    private readonly int label;
    private readonly List<(int Column, string[]? Values)> columns = [];
    private readonly string[] classes;

    public TableEncoder(TableFile train, int label, TableTask task)
    {
        this.task = task;
        this.label = label;
        if (task == TableTask.Regression && train.Rows.Select(row => row[label]).FirstOrDefault(cell => !TableFile.IsMissing(cell) && !TableFile.IsNumber(cell)) is { } word)
            throw new ArgumentException($"The label of a regression must be a number but '{train.Names[label]}' has '{word}'. Choose another --label, or --task multiclass.");
        for (int column = 0; column < train.Names.Length; column++)
        {
            if (column == label) continue;
            string[] cells = [.. train.Rows.Select(row => row[column])];
            bool text = cells.Any(cell => !TableFile.IsMissing(cell) && !TableFile.IsNumber(cell));
            columns.Add((column, text ? Frequent(cells) : null));
        }
        classes = task == TableTask.Regression ? [] : [.. train.Rows.Select(row => row[label]).Where(cell => !TableFile.IsMissingClass(cell)).Distinct().Order(StringComparer.Ordinal)];
        if (task == TableTask.Binary ? classes.Length != 2 : task == TableTask.Multiclass && classes.Length < 2)
            throw new ArgumentException($"The label must have {(task == TableTask.Binary ? "two values for a binary" : "at least two values for a multiclass")} task but has {classes.Length}. Choose another --label or --task.");
        if (classes.Length > MostClasses)
            throw new ArgumentException($"The label must have at most {MostClasses} classes but has {classes.Length}. Is it a number? Then choose --task regression.");
        Width = columns.Sum(column => column.Values?.Length ?? 1);
    }

    public int Width { get; }

    public IDataView Encode(MLContext context, TableFile table)
    {
        Row[] rows = [.. table.Rows.Where(row => task == TableTask.Regression ? !float.IsNaN(TableFile.Number(row[label])) : classes.Contains(row[label])).Select(Encode)];
        var schema = SchemaDefinition.Create(typeof(Row));
        schema[nameof(Row.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, Width);
        schema[nameof(Row.Class)].ColumnType = new KeyDataViewType(typeof(uint), Math.Max(2, classes.Length));
        return context.Data.LoadFromEnumerable(rows, schema);
    }

    private Row Encode(string[] cells)
    {
        float[] features = new float[Width];
        int place = 0;
        foreach ((int column, string[]? values) in columns)
        {
            if (values is null)
            {
                features[place++] = TableFile.Number(cells[column]);
                continue;
            }
            int value = Array.BinarySearch(values, cells[column], StringComparer.Ordinal);
            if (value >= 0) features[place + value] = 1;
            place += values.Length;
        }
        int number = Array.IndexOf(classes, cells[label]);
        return new Row
        {
            Features = features,
            Value = task == TableTask.Regression ? TableFile.Number(cells[label]) : 0,
            IsSecond = number == 1,
            Class = (uint)Math.Max(0, number),
        };
    }

    private static string[] Frequent(string[] cells) =>
        [.. cells.GroupBy(cell => cell, StringComparer.Ordinal).OrderByDescending(group => group.Count()).ThenBy(group => group.Key, StringComparer.Ordinal)
            .Take(MostValues).Select(group => group.Key).Order(StringComparer.Ordinal)];

    internal sealed class Row
    {
        public float[] Features = [];
        public float Value;
        public bool IsSecond;
        public uint Class;
    }
}
