using System.Text;
using System.Text.RegularExpressions;

namespace MlNetLr.Benchmarks.Quality;

/// <summary>Text cut into rows of cells, after RFC 4180: a quoted cell may hold separators, line ends and, doubled, quotes.</summary>
internal static partial class TableText
{
    /// <summary>The text of a file: UTF-8 or UTF-16 as its first bytes say; where it is no UTF-8, the older Latin-1. Line ends become \n.</summary>
    public static string Of(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        using var reader = new StreamReader(new MemoryStream(bytes), new UTF8Encoding(false, throwOnInvalidBytes: true));
        string text;
        try
        {
            text = reader.ReadToEnd();
        }
        catch (DecoderFallbackException)
        {
            text = Encoding.Latin1.GetString(bytes);
        }
        return text.Replace("\r\n", "\n").Replace('\r', '\n');
    }

    /// <summary>Lines that begin with // are none of the table's.</summary>
    public static bool IsRemark(string line) => line.StartsWith("//", StringComparison.Ordinal);

    /// <summary>All rows but blank lines and remarks; cells are trimmed. Runs of blanks are one separator, tabs among them.</summary>
    /// <param name="isWhole">Whether the text is that of a file; a piece of one may end within a quoted cell.</param>
    public static List<string[]> Rows(string text, char separator, bool isWhole = true)
    {
        var rows = new List<string[]>();
        var cells = new List<string>();
        var cell = new StringBuilder();
        bool quoted = false, wasQuoted = false;
        int line = 1, opened = 0;
        for (int i = 0; i < text.Length; i++)
        {
            char letter = text[i];
            if (letter == '\n') line++;
            if (quoted)
            {
                if (letter != '"') cell.Append(letter);
                else if (i + 1 < text.Length && text[i + 1] == '"') cell.Append(text[++i]);
                else quoted = false;
            }
            // A quote within a cell is a letter: 24" screen.
            else if (letter == '"' && !wasQuoted && IsBlank(cell)) (quoted, wasQuoted, opened) = (true, true, line);
            else if (letter == separator || separator == ' ' && letter == '\t') EndCell();
            else if (letter == '\n') EndRow();
            else cell.Append(letter);
        }
        if (quoted && isWhole) throw new InvalidDataException($"A cell that begins with a quote must end with one but that of line {opened} does not. Close it, or double the quotes within cells.");
        // The row that a piece breaks off within a quoted cell is none.
        if (!quoted) EndRow();
        return rows;

        void EndCell()
        {
            string own = cell.ToString().Trim();
            cell.Clear();
            bool isEmpty = own.Length == 0 && !wasQuoted;
            wasQuoted = false;
            if (separator == ' ' && isEmpty) return;
            cells.Add(separator != ',' && DecimalComma().IsMatch(own) ? GroupMarks().Replace(own, "").Replace(',', '.') : own);
        }

        void EndRow()
        {
            EndCell();
            if (cells.Any(one => one.Length > 0) && !IsRemark(cells[0])) rows.Add([.. cells]);
            cells.Clear();
        }
    }

    private static bool IsBlank(StringBuilder cell)
    {
        for (int i = 0; i < cell.Length; i++)
            if (!char.IsWhiteSpace(cell[i])) return false;
        return true;
    }

    /// <summary>1,5 and 1.234,5 and 1 234,5.</summary>
    [GeneratedRegex(@"^[+-]?(\d*|\d{1,3}([. \u00A0\u202F']\d{3})+),\d+$")]
    private static partial Regex DecimalComma();

    [GeneratedRegex(@"[. \u00A0\u202F']")]
    private static partial Regex GroupMarks();
}
