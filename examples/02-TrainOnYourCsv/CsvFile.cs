using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace TrainOnYourCsv;

/// <summary>A text file of rows: its separator, whether it has a header, and what its columns hold. ML.NET's own reader reads it.</summary>
internal sealed class CsvFile
{
    private static readonly char[] separators = [',', ';', '\t', '|'];

    private readonly MLContext ml;
    private readonly string path;
    private readonly char separator;
    private readonly bool hasHeader;

    private CsvFile(MLContext ml, string path, string label)
    {
        this.ml = ml;
        this.path = path;
        Name = Path.GetFileName(path);
        string firstLine = File.ReadLines(path).FirstOrDefault(line => !string.IsNullOrWhiteSpace(line))
            ?? throw new UserError($"{Name} must have rows but is empty.");
        separator = separators.MaxBy(mark => firstLine.Count(character => character == mark));

        // ML.NET's reader takes a first line that starts with # for a remark and passes over it.
        bool isRemark = firstLine.StartsWith('#');
        string[] first = isRemark ? firstLine.Split(separator) : Rows(skipFirst: false).First();
        first = [.. first.Select(value => value.Trim())];
        bool named = isRemark || first.Contains(label) || !(IsPosition(label) || first.Any(IsNumber));
        hasHeader = named && !isRemark;

        Columns = [.. (named ? Named(first) : first.Select((_, i) => $"c{i}")).Select((name, i) => new CsvColumn(name, i))];
        foreach (string[] row in Rows(hasHeader))
        {
            RowCount++;
            if (row.Length != Columns.Count)
                throw new UserError($"{Name}, row {RowCount}: a row must have {Columns.Count} values but had {row.Length}. Look for a missing separator or quotation mark.");
            for (int i = 0; i < row.Length; i++) Columns[i].Add(row[i], RowCount);
        }
        if (RowCount == 0) throw new UserError($"{Name} must have rows but has only a header.");
    }

    /// <summary>The file's name without its folder.</summary>
    public string Name { get; }

    public long RowCount { get; }

    /// <summary>By position in the file.</summary>
    public IReadOnlyList<CsvColumn> Columns { get; }

    public CsvColumn this[string column] =>
        Columns.FirstOrDefault(candidate => candidate.Name == column)
        ?? throw new UserError($"{Name} has no column '{column}'. It has: {string.Join(", ", Columns.Select(candidate => candidate.Name))}.");

    /// <summary>Reads the file once to learn what its columns hold.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="path">The file.</param>
    /// <param name="label">The first row is a header if this is one of its values, or if none of them is a number.</param>
    /// <exception cref="UserError">There is no such file, or it is not a table.</exception>
    public static CsvFile Open(MLContext ml, string path, string label) =>
        File.Exists(path) ? new CsvFile(ml, path, label) : throw new UserError($"There is no file '{path}'.");

    /// <summary>The rows with the given columns: numbers as Single, all others as text.</summary>
    public IDataView Load(IEnumerable<(CsvColumn Column, bool IsNumber)> columns) =>
        Loader(hasHeader, [.. columns.Select(column =>
            new TextLoader.Column(column.Column.Name, column.IsNumber ? DataKind.Single : DataKind.String, column.Column.Index))]).Load(path);

    private IEnumerable<string[]> Rows(bool skipFirst)
    {
        var everything = new TextLoader.Column("Values", DataKind.String, [new TextLoader.Range { Min = 0, AutoEnd = false, VariableEnd = true }]);
        foreach (VBuffer<ReadOnlyMemory<char>> row in Loader(skipFirst, everything).Load(path).GetColumn<VBuffer<ReadOnlyMemory<char>>>("Values"))
            yield return [.. row.DenseValues().Select(value => value.ToString())];
    }

    private TextLoader Loader(bool skipFirst, params TextLoader.Column[] columns) => ml.Data.CreateTextLoader(new TextLoader.Options
    {
        Columns = columns,
        Separators = [separator],
        HasHeader = skipFirst,
        AllowQuoting = true,
        ReadMultilines = true,
        MissingRealsAsNaNs = true,
        TrimWhitespace = true,
    });

    private IEnumerable<string> Named(string[] header)
    {
        string[] names = [.. header.Select((name, i) => name.Length > 0 ? name : $"c{i}")];
        string? twice = names.GroupBy(name => name).FirstOrDefault(group => group.Count() > 1)?.Key;
        return twice is null ? names : throw new UserError($"{Name}: column names must be unique but '{twice}' came twice.");
    }

    private static bool IsNumber(string value) => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    private static bool IsPosition(string name) => name.StartsWith('c') && int.TryParse(name.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out _);
}
