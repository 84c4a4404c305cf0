using System.Globalization;

namespace MlNetLr.Benchmarks.Quality;

/// <summary>A text file of a table: columns of numbers, columns of text, and a label.</summary>
/// <param name="Names">The columns' names; their numbers where there is no header.</param>
/// <param name="Rows">The cells as text, trimmed.</param>
internal sealed record TableFile(string[] Names, IReadOnlyList<string[]> Rows)
{
    /// <summary>Whether the file names its columns.</summary>
    public bool HasHeader { get; init; }

    /// <summary>
    /// Reads a file whose separator is a tab, semicolon, comma, bar or, without any of these, blanks. Cells may be quoted; lines that begin with // are remarks, and so
    /// are lines above the table that begin with # and are not its header; beside another separator a comma is a decimal mark.
    /// </summary>
    public static TableFile Read(string path, string label = "")
    {
        if (!File.Exists(path)) throw new FileNotFoundException($"The file of the table must exist but '{path}' does not. Check --data and --test.");
        string text = TableText.Of(path);
        List<string[]> rows = TableText.Rows(text, TableSeparator.Find(text));
        while (rows.Count > 2 && rows[0][0].StartsWith('#') && (rows[0].Length != rows[^1].Length || TableHeader.IsFirst(rows[1..], label))) rows.RemoveAt(0);
        if (rows.Count < 2) throw new InvalidDataException($"{path} must have at least two lines but has {rows.Count}. A table needs rows to train on and rows to test on.");
        bool lacksName = rows.Skip(1).All(row => row.Length == rows[0].Length + 1);
        if (lacksName) rows[0] = ["", .. rows[0]];
        bool header = lacksName || TableHeader.IsFirst(rows, label);
        string[] names = header ? [.. rows[0].Select(name => name.TrimStart('#').TrimStart())] : [.. Enumerable.Range(0, rows[0].Length).Select(i => $"column{i}")];
        if (header) rows.RemoveAt(0);
        int ragged = rows.FindIndex(row => row.Length != names.Length);
        return ragged < 0 ? new TableFile(names, rows) { HasHeader = header }
            : throw new InvalidDataException($"{path}: row {ragged + 1} must have {names.Length} cells but has {rows[ragged].Length}. Quote cells that hold the separator.");
    }

    /// <summary>The column of that name; also "first", "last", a number, or a name without what follows a bracket.</summary>
    public int Column(string name)
    {
        int place = Array.IndexOf(Names, name);
        if (place >= 0) return place;
        int[] named = [.. Enumerable.Range(0, Names.Length).Where(column => TableHeader.Names(Names[column], name))];
        if (named.Length > 1) throw new ArgumentException($"--label must name one column but '{name}' may be {string.Join(" or ", named.Select(column => $"'{Names[column]}'"))}. Give the whole name.");
        if (named.Length == 1) return named[0];
        if (name == "first") return 0;
        if (name == "last") return Names.Length - 1;
        return int.TryParse(name, CultureInfo.InvariantCulture, out int number) && number >= 0 && number < Names.Length ? number
            : throw new ArgumentException($"--label must be a column but was '{name}'. There are: {Some(Names)}; or first, last, or a number from 0 to {Names.Length - 1}.");
    }

    public TableFile Select(IEnumerable<int> rows) => this with { Rows = [.. rows.Select(row => Rows[row])] };

    /// <summary>Some of the columns, in that order.</summary>
    public TableFile Columns(IReadOnlyList<int> columns) =>
        this with { Names = [.. columns.Select(column => Names[column])], Rows = [.. Rows.Select(row => columns.Select(column => row[column]).ToArray())] };

    /// <summary>This table with the columns of another one in its order: by their names if both have them, otherwise as they stand.</summary>
    public TableFile InOrderOf(TableFile other, string path)
    {
        if (!HasHeader || !other.HasHeader)
            return Names.Length == other.Names.Length ? this
                : throw new InvalidDataException($"{path} must have {other.Names.Length} columns as the training rows have but has {Names.Length}. Give both files a header, or the same columns.");
        var columns = new List<int>();
        foreach (string name in other.Names)
        {
            // Columns of one name are taken in their order.
            int place = Enumerable.Range(0, Names.Length).FirstOrDefault(column => Names[column].Equals(name, StringComparison.OrdinalIgnoreCase) && !columns.Contains(column), -1);
            if (place < 0) throw new InvalidDataException($"{path} must have the columns of the training rows but lacks '{name}'. There are: {Some(Names)}.");
            columns.Add(place);
        }
        return Columns(columns);
    }

    private static string Some(string[] names)
    {
        const int Most = 20;
        return string.Join(", ", names.Take(Most)) + (names.Length > Most ? $" and {names.Length - Most} more" : "");
    }
}
