using System.Text;
using System.Text.RegularExpressions;

namespace MlNetLr.Benchmarks.Quality;

/// <summary>Text cut into rows of cells, after RFC 4180: a quoted cell may hold separators, line ends and, doubled, quotes.</summary>
internal static partial class TableText
{
    /// <summary>All rows but blank lines and remarks; cells are trimmed. Runs of blanks are one separator.</summary>
    public static List<string[]> Rows(string text, char separator)
    {
        var rows = new List<string[]>();
        var cells = new List<string>();
        var cell = new StringBuilder();
        bool quoted = false;
        for (int i = 0; i < text.Length; i++)
        {
            char letter = text[i];
            if (quoted)
            {
                if (letter != '"') cell.Append(letter);
                else if (i + 1 < text.Length && text[i + 1] == '"') cell.Append(text[++i]);
                else quoted = false;
            }
            else if (letter == '"') quoted = true;
            else if (letter == separator) EndCell();
            else if (letter == '\n') EndRow();
            else cell.Append(letter);
        }
        EndRow();
        return rows;

        void EndCell()
        {
            string own = cell.ToString().Trim();
            cell.Clear();
            if (separator == ' ' && own.Length == 0) return;
            cells.Add(separator != ',' && DecimalComma().IsMatch(own) ? own.Replace(',', '.') : own);
        }

        void EndRow()
        {
            EndCell();
            if (cells.Any(one => one.Length > 0) && !TableFile.IsRemark(cells[0])) rows.Add([.. cells]);
            cells.Clear();
        }
    }

    [GeneratedRegex(@"^[+-]?\d*,\d+$")]
    private static partial Regex DecimalComma();
}
