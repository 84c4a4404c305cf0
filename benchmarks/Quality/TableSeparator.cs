namespace MlNetLr.Benchmarks.Quality;

/// <summary>What separates the cells of a file: the mark that cuts its first lines into the same number of cells.</summary>
internal static class TableSeparator
{
    private const int Lines = 20;

    // Semicolons before commas, which may be decimal marks beside them; bars after them, which may be lists within a cell.
    private static readonly char[] marks = ['\t', ';', ',', '|', ' '];

    public static char Find(string text)
    {
        // Remarks above the table have other cells; so may a header that begins with # have, without harm.
        string[] lines = [.. text.Split('\n').Where(line => !string.IsNullOrWhiteSpace(line) && !TableText.IsRemark(line) && line[0] != '#').Take(Lines)];
        string head = string.Join('\n', lines);
        foreach (char mark in marks)
            if (CutsEvenly(head, mark) && !(mark == '\t' && CutsEvenly(head, ' ') && HoldsNumbersSideBySide(head)))
                return mark;
        foreach (char mark in marks[..^1])
            if (lines.Take(2).All(line => line.Contains(mark))) return mark;
        return lines.Take(2).All(line => line.Trim().Contains(' ')) ? ' ' : ',';
    }

    private static bool CutsEvenly(string head, char mark)
    {
        List<string[]> rows = TableText.Rows(head, mark, isWhole: false);
        int cells = rows.Count == 0 ? 0 : rows[^1].Length;
        // R leaves the name of its row numbers out.
        return cells > 1 && rows.Skip(1).All(row => row.Length == cells) && (rows[0].Length == cells || rows[0].Length == cells - 1);
    }

    /// <summary>Columns set apart by blanks, and one tab in each line: the tab is a blank like the others.</summary>
    private static bool HoldsNumbersSideBySide(string head) =>
        TableText.Rows(head, '\t', isWhole: false).All(row => row[0].Split(' ', StringSplitOptions.RemoveEmptyEntries) is { Length: > 1 } parts
            && parts.All(part => TableCell.IsNumber(part) || TableCell.IsMissing(part)));
}
