using System.Globalization;

namespace TrainOnYourCsv;

/// <summary>What one pass over the file says about a column.</summary>
internal sealed class CsvColumn(string name, int index)
{
    /// <summary>Beyond so many different values they are no longer counted.</summary>
    public const int MostValues = 10_000;

    // A column of numbers with a few other texts holds mistakes; below this share of numbers it is a column of texts.
    private const double MostlyNumbers = 0.95;

    private static readonly string[] missingMarks = ["?", "NA", "N/A", "NaN", "null"];

    private readonly Dictionary<string, long> firstRows = new(StringComparer.Ordinal);
    private (long Row, string Value)? firstText;
    private (long Row, string Value)? firstInfinite;
    private long numbers, texts;

    public string Name { get; } = name;

    public int Index { get; } = index;

    /// <summary>The first row without a value, from 1.</summary>
    public long? FirstMissing { get; private set; }

    /// <summary>The different values, each with the first row it came in, from 1. At most <see cref="MostValues"/>.</summary>
    public IReadOnlyDictionary<string, long> Values => firstRows;

    /// <summary>Whether it is used as numbers.</summary>
    public bool IsNumber => texts == 0 && numbers > 0;

    /// <summary>Whether no row has a value.</summary>
    public bool IsEmpty => texts == 0 && numbers == 0;

    public void Add(ReadOnlySpan<char> value, long row)
    {
        if (firstRows.Count < MostValues) firstRows.GetAlternateLookup<ReadOnlySpan<char>>().TryAdd(value, row);
        if (float.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out float number) && !float.IsNaN(number))
        {
            numbers++;
            if (float.IsInfinity(number)) firstInfinite ??= (row, value.ToString());
        }
        else if (IsMissing(value.Trim()))
        {
            FirstMissing ??= row;
        }
        else
        {
            texts++;
            firstText ??= (row, value.ToString());
        }
    }

    /// <exception cref="UserError">A column of numbers holds a few texts.</exception>
    public void MustBeConsistent(string file)
    {
        if (numbers >= MostlyNumbers * (numbers + texts)) MustBeNumbers(file, $"as in {numbers:N0} other rows of this column");
    }

    /// <exception cref="UserError">A value is no number, or infinite.</exception>
    public void MustBeNumbers(string file, string reason)
    {
        if (firstText is { } text)
            throw new UserError($"{file}, row {text.Row}, column '{Name}': a number was expected, {reason}, but was '{text.Value}'. Correct it, or leave the column out with --ignore.");
        if (firstInfinite is { } infinite)
            throw new UserError($"{file}, row {infinite.Row}, column '{Name}': a number must be finite in single precision but was '{infinite.Value}'. Correct it, or leave the column out with --ignore.");
    }

    private static bool IsMissing(ReadOnlySpan<char> value)
    {
        if (value.IsEmpty) return true;
        foreach (string mark in missingMarks)
            if (value.Equals(mark, StringComparison.OrdinalIgnoreCase)) return true;
        return false;
    }
}
