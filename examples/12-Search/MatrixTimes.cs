using System.Globalization;
using Microsoft.ML;

namespace SearchExample;

/// <summary>The measured times of matrix products, on logarithmic scales: a product of twice the size takes a multiple of the time.</summary>
internal static class MatrixTimes
{
    private sealed class Row
    {
        public float M { get; set; }
        public float K { get; set; }
        public float N { get; set; }
        public float Product { get; set; }
        public float Threads { get; set; }
        public float Label { get; set; }
    }

    /// <summary>60 % of the rows to train, 20 % to compare trials, 20 % to test.</summary>
    public static (IDataView Train, IDataView Validation, IDataView Test) Load(MLContext ml, string path)
    {
        Row[] rows = [.. File.ReadLines(path).Skip(1).Select(Read)];
        new Random(1).Shuffle(rows);
        int train = rows.Length * 6 / 10, validation = rows.Length * 8 / 10;
        return (ml.Data.LoadFromEnumerable(rows[..train]), ml.Data.LoadFromEnumerable(rows[train..validation]), ml.Data.LoadFromEnumerable(rows[validation..]));
    }

    private static Row Read(string line)
    {
        float[] cells = [.. line.Split(',').Select(cell => float.Parse(cell, CultureInfo.InvariantCulture))];
        return new Row
        {
            M = MathF.Log2(cells[0]),
            K = MathF.Log2(cells[1]),
            N = MathF.Log2(cells[2]),
            Product = MathF.Log2(cells[0] * cells[1] * cells[2]),
            Threads = cells[3],
            Label = MathF.Log2(cells[4]),
        };
    }
}
