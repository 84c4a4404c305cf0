namespace Microsoft.ML.Trainers.Torch.Lanes;

/// <summary>Second moments of a matrix as the product of a row and a column. Shazeer and Stern 2018, arXiv:1804.04235.</summary>
internal readonly struct Factored(StoredLayer layer, string rowName, string columnName)
{
    private readonly double[] row = layer.Scalars.Array(rowName, layer.Rows), column = layer.Scalars.Array(columnName, layer.Columns);

    /// <summary>Whether the smaller dimension of the layer is large enough (larger, when strict).</summary>
    public static bool Applies(StoredLayer layer, int smallest, bool strict)
    {
        int dimension = Math.Min(layer.Rows, layer.Columns);
        return layer.Spec.Shape.Length > 1 && (strict ? dimension > smallest : dimension >= smallest);
    }

    /// <summary>Takes the squares of g, plus a number, into the running means of rows and columns.</summary>
    public void Take(Matrix g, double beta, double added)
    {
        for (int j = 0; j < column.Length; j++) column[j] *= beta;
        for (int i = 0; i < row.Length; i++)
        {
            double sum = 0;
            ReadOnlySpan<double> values = g.Row(i);
            for (int j = 0; j < values.Length; j++)
            {
                double square = values[j] * values[j] + added;
                sum += square;
                column[j] += (1 - beta) / row.Length * square;
            }
            row[i] = beta * row[i] + (1 - beta) * sum / column.Length;
        }
    }

    /// <summary>x /= sqrt(row column / mean), the mean at least <paramref name="leastMean"/> and the square at least <paramref name="least"/>.</summary>
    public void Divide(Matrix x, double leastMean, double least)
    {
        double mean = Math.Max(Mean(row), leastMean);
        for (int i = 0; i < x.Rows; i++)
        {
            Span<double> values = x.Row(i);
            for (int j = 0; j < values.Length; j++) values[j] /= Math.Sqrt(Math.Max(row[i] / mean * column[j], least));
        }
    }

    /// <summary>x /= sqrt(column).</summary>
    public void DivideByColumns(Matrix x)
    {
        for (int k = 0; k < x.Values.Length; k++) x.Values[k] /= Math.Sqrt(column[k % x.Columns]);
    }

    /// <summary>x /= sqrt(largest root so far / beta).</summary>
    public void DivideByLargest(Matrix x, double[] peak, double beta)
    {
        double mean = Mean(row);
        for (int k = 0; k < peak.Length; k++)
        {
            peak[k] = Math.Max(peak[k], Math.Sqrt(row[k / x.Columns] / mean * column[k % x.Columns]));
            x.Values[k] /= Math.Sqrt(peak[k] / beta);
        }
    }

    private static double Mean(double[] values)
    {
        double sum = 0;
        foreach (double value in values) sum += value;
        return sum / values.Length;
    }
}
