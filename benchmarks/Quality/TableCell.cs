using System.Globalization;
using System.Text.RegularExpressions;

namespace MlNetLr.Benchmarks.Quality;

/// <summary>What the text in one cell of a table means.</summary>
internal static partial class TableCell
{
    private static readonly HashSet<string> missing = new(StringComparer.OrdinalIgnoreCase)
    {
        "", "?", "-", "--", ".", "na", "n/a", "n.a.", "nan", "-nan", "nat", "null", "none", "(null)", "<na>", "#n/a", "#na", @"\n", "#div/0!", "#value!",
        "inf", "-inf", "+inf",
    };

    public static bool IsMissing(string cell) => missing.Contains(cell);

    /// <summary>As <see cref="IsMissing"/>, but "-" and "none" are classes like any other.</summary>
    public static bool IsMissingClass(string cell) => IsMissing(cell) && cell != "-" && !cell.Equals("none", StringComparison.OrdinalIgnoreCase);

    public static bool IsNumber(string cell) => TryNumber(cell, out _);

    /// <summary>The number in a cell; NaN where it is missing or not finite.</summary>
    public static float Number(string cell) => !IsMissing(cell) && TryNumber(cell, out float number) && float.IsFinite(number) ? number : float.NaN;

    /// <summary>A class by its text; classes that are numbers by their value, so that 1 and 1.0 of two files are one class.</summary>
    public static string Class(string cell) =>
        double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number) ? number.ToString(CultureInfo.InvariantCulture) : cell;

    private static bool TryNumber(string cell, out float number) =>
        float.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out number)
        || Grouped().IsMatch(cell) && float.TryParse(Groups().Replace(cell, ""), NumberStyles.Float, CultureInfo.InvariantCulture, out number);

    /// <summary>Thousands set apart by blanks (narrow and fixed ones too), apostrophes or commas.</summary>
    [GeneratedRegex(@"^[+-]?\d{1,3}([ \u00A0\u202F']\d{3}|,\d{3})+(\.\d*)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Grouped();

    [GeneratedRegex(@"[ \u00A0\u202F',]")]
    private static partial Regex Groups();
}
