using System.Globalization;

namespace MlNetLr.Benchmarks.Quality;

internal enum TableTask
{
    Regression,
    Binary,
    Multiclass,
}

/// <summary>A text file of a table: columns of numbers, columns of text, and a label.</summary>
/// <param name="Names">The columns' names; their numbers where there is no header.</param>
/// <param name="Rows">The cells as text, trimmed.</param>
internal sealed record TableFile(string[] Names, IReadOnlyList<string[]> Rows)
{
    private static readonly HashSet<string> Missing = new(StringComparer.OrdinalIgnoreCase) { "", "?", "-", "na", "n/a", "nan", "null", "none" };

    /// <summary>
    /// Reads a file whose separator is a tab, semicolon, bar, comma or, without any of these, blanks. The first line is a header if it has the label's name, or a
    /// cell that is no number above a column of numbers. Cells may be quoted; lines that begin with // are remarks; beside another separator a comma is a decimal mark.
    /// </summary>
    public static TableFile Read(string path, string label = "")
    {
        if (!File.Exists(path)) throw new FileNotFoundException($"The file of the table must exist but '{path}' does not. Check --data and --test.");
        string text = File.ReadAllText(path);
        string[] first = [.. text.Split('\n').Where(line => !string.IsNullOrWhiteSpace(line) && !IsRemark(line)).Take(2)];
        if (first.Length < 2) throw new InvalidDataException($"{path} must have at least two lines but has {first.Length}.");
        char separator = Separator(first);
        List<string[]> rows = TableText.Rows(text, separator);
        bool isName = label is not ("first" or "last") && !IsNumber(label);
        bool header = isName && rows[0].Any(cell => IsNamed(cell, label)) || Enumerable.Range(0, rows[0].Length).Any(column => IsAboveNumbers(rows, column));
        string[] names = header ? [.. rows[0].Select(name => name.TrimStart('#'))] : [.. Enumerable.Range(0, rows[0].Length).Select(i => $"column{i}")];
        if (header) rows.RemoveAt(0);
        int ragged = rows.FindIndex(row => row.Length != names.Length);
        return ragged < 0 ? new TableFile(names, rows)
            : throw new InvalidDataException($"{path}: row {ragged + 1} must have {names.Length} cells but has {rows[ragged].Length}.");
    }

    internal static bool IsRemark(string line) => line.StartsWith("//", StringComparison.Ordinal);

    private static char Separator(string[] lines)
    {
        foreach (char mark in (char[])['\t', ';', '|'])
            if (lines.All(line => line.Contains(mark))) return mark;
        return lines.All(line => line.Contains(',')) || !lines.All(line => line.Trim().Contains(' ')) ? ',' : ' ';
    }

    private static bool IsAboveNumbers(List<string[]> rows, int column)
    {
        const int Enough = 200;
        if (IsNumber(rows[0][column]) || IsMissing(rows[0][column])) return false;
        string[] below = [.. rows.Skip(1).Take(Enough).Where(row => column < row.Length && !IsMissing(row[column])).Select(row => row[column])];
        return below.Length > 0 && below.All(IsNumber);
    }

    private static bool IsNamed(string own, string name) =>
        own.Equals(name, StringComparison.OrdinalIgnoreCase) || own.StartsWith(name + "(", StringComparison.OrdinalIgnoreCase) && name.Length > 0;

    /// <summary>The column of that name; also "first", "last", a number, or a name without what follows a bracket.</summary>
    public int Column(string name)
    {
        if (name == "first") return 0;
        if (name == "last") return Names.Length - 1;
        int place = Array.FindIndex(Names, own => IsNamed(own, name));
        if (place >= 0) return place;
        return int.TryParse(name, CultureInfo.InvariantCulture, out int number) && number >= 0 && number < Names.Length ? number
            : throw new ArgumentException($"--label must be a column but was '{name}'. There are: {string.Join(", ", Names)}.");
    }

    public TableFile Select(IEnumerable<int> rows) => new(Names, [.. rows.Select(row => Rows[row])]);

    public static bool IsMissing(string cell) => Missing.Contains(cell);

    /// <summary>As <see cref="IsMissing"/>, but "-" and "none" are classes like any other.</summary>
    public static bool IsMissingClass(string cell) => IsMissing(cell) && cell != "-" && !cell.Equals("none", StringComparison.OrdinalIgnoreCase);

    public static bool IsNumber(string cell) => float.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    /// <summary>The number in a cell; NaN where it is missing or not finite.</summary>
    public static float Number(string cell) =>
        !IsMissing(cell) && float.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out float number) && float.IsFinite(number) ? number : float.NaN;
}
