using System.Globalization;

namespace MlNetLr.Benchmarks.Quality;

/// <summary>Whether the first line of a table holds its columns' names.</summary>
internal static class TableHeader
{
    private const int Enough = 200;

    /// <summary>It does if it has the label's name, a cell that is no number above a column of numbers, or cells that never come again above columns that repeat theirs.</summary>
    public static bool IsFirst(List<string[]> rows, string label)
    {
        string[] first = rows[0];
        if (IsName(label, first.Length) && first.Any(cell => Names(cell, label))) return true;
        return Enumerable.Range(0, first.Length).Any(column => IsAboveNumbers(rows, column)) || StandsApart(rows);
    }

    /// <summary>A column's name is meant by it whole, in other letters' case, or without what follows a bracket: "y" means "y (cm)".</summary>
    public static bool Names(string own, string name) =>
        own.Equals(name, StringComparison.OrdinalIgnoreCase)
        || name.Length > 0 && own.StartsWith(name, StringComparison.OrdinalIgnoreCase) && own[name.Length..].TrimStart() is ['(' or '[', ..];

    private static bool IsName(string label, int columns) =>
        label is not ("first" or "last") && !(int.TryParse(label, CultureInfo.InvariantCulture, out int number) && number < columns);

    private static bool IsAboveNumbers(List<string[]> rows, int column)
    {
        if (TableCell.IsNumber(rows[0][column]) || TableCell.IsMissing(rows[0][column])) return false;
        string[] below = [.. rows.Skip(1).Take(Enough).Where(row => column < row.Length && !TableCell.IsMissing(row[column])).Select(row => row[column])];
        return below.Length > 0 && below.All(TableCell.IsNumber);
    }

    /// <summary>Tables of text alone. Columns of names or numbers that hardly repeat anything tell nothing.</summary>
    private static bool StandsApart(List<string[]> rows)
    {
        int telling = 0;
        for (int column = 0; column < rows[0].Length; column++)
        {
            if (TableCell.IsNumber(rows[0][column])) return false;
            string[] below = [.. rows.Skip(1).Take(Enough).Where(row => column < row.Length).Select(row => row[column])];
            if (below.Distinct().Count() * 2 > below.Length) continue;
            if (below.Contains(rows[0][column])) return false;
            telling++;
        }
        return telling > 1;
    }
}
