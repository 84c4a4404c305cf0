namespace Microsoft.ML.Trainers.Torch.Tabular;

/// <summary>What a column of numbers looks like in the training rows: enough to scale it and to cut it into bins.</summary>
/// <param name="Values">Its distinct values, ascending, without missing ones.</param>
/// <param name="Counts">How often each occurs.</param>
internal sealed record ColumnSummary(float[] Values, int[] Counts)
{
    /// <summary>Counts the values of a column.</summary>
    /// <param name="column">The values, in any order; NaN is missing. It is sorted.</param>
    public static ColumnSummary Of(Span<float> column)
    {
        column.Sort();
        // NaN sorts first.
        ReadOnlySpan<float> known = column;
        while (!known.IsEmpty && float.IsNaN(known[0])) known = known[1..];
        var values = new List<float>();
        var counts = new List<int>();
        foreach (float value in known)
        {
            if (values.Count == 0 || values[^1] != value)
            {
                values.Add(value);
                counts.Add(0);
            }
            counts[^1]++;
        }
        return new ColumnSummary([.. values], [.. counts]);
    }

    /// <summary>A column that is 1 in some rows and 0 in the others.</summary>
    /// <param name="ones">How many are 1.</param>
    /// <param name="rows">How many there are.</param>
    public static ColumnSummary OfIndicator(int ones, int rows) => ones == rows ? new([1], [rows]) : new([0, 1], [rows - ones, ones]);

    /// <summary>Whether an encoding has anything to add: a column of two values is a line already.</summary>
    public bool IsNumeric => Values.Length > 2;

    /// <summary>Whether it holds 0 and 1 only: a one-hot slot, or something that may be treated as one.</summary>
    public bool IsIndicator => Values.Length > 0 && Values.All(value => value is 0 or 1);

    /// <summary>
    /// The factor of an indicator: 2 (c - 1) / (c + 9) where its rarer value is in c rows, so 2 for a common one and 0 for one that a single row has. What c rows
    /// say of a category is believed as much as ten rows of prior doubt leave, as in a random effect; without it, a column of names is a
    /// second label by which rows are learned by heart, the more so as Adam moves rarely used weights furthest.
    /// </summary>
    public float IndicatorScale
    {
        get
        {
            const float Doubt = 10;
            float rows = Counts.Length < 2 ? 0 : Counts.Min() - 1;
            return 2 * rows / (rows + Doubt);
        }
    }

    /// <summary>The median: what stands for missing values.</summary>
    public float Median => Quantile(0.5);

    /// <summary>The largest distance of a value from the median.</summary>
    public float Reach => Values.Length == 0 ? 0 : Math.Max(Values[^1] - Median, Median - Values[0]);

    /// <summary>
    /// The factor that brings the middle half of the column to a width of 1; if the quartiles are equal, the whole column to a width of 2; 0 for
    /// a constant column.
    /// </summary>
    public float Scale
    {
        get
        {
            if (Values.Length < 2) return 0;
            double between = Quantile(0.75) - (double)Quantile(0.25), range = Values[^1] - (double)Values[0];
            double scale = between > 0 ? 1 / between : 2 / range;
            // Beyond this the square of a scaled value of these rows would overflow.
            double limit = 1e18 / Math.Max(Math.Abs((double)Values[0]), Math.Abs((double)Values[^1]));
            return (float)Math.Min(scale, Math.Min(limit, 1e30));
        }
    }

    /// <summary>The mean; 0 where nothing is known.</summary>
    public float Mean => (float)Moments().Mean;

    /// <summary>1 / standard deviation (divided by n), at most 1e30; 0 for a constant column.</summary>
    public float InverseDeviation => Moments() is { Deviation: > 0 } moments ? (float)Math.Min(1 / moments.Deviation, 1e30) : 0;

    /// <summary>
    /// Ends of at most <paramref name="bins"/> bins, ascending: the distinct values where they are few, else quantiles in which a value counts at most
    /// as much as a bin holds, rows / bins: a value that most rows have (no capital gain) leaves bins for the others.
    /// </summary>
    public float[] Edges(int bins)
    {
        if (Values.Length <= bins + 1) return Apart(Values);
        double cap = Counts.Sum() / (double)bins, total = Counts.Sum(count => Math.Min(count, cap));
        var edges = new List<float> { Values[0] };
        double reached = 0;
        int t = 1;
        for (int i = 0; i < Values.Length && t < bins; i++)
        {
            reached += Math.Min(Counts[i], cap);
            if (reached < t * total / bins) continue;
            while (t < bins && reached >= t * total / bins) t++;
            if (Values[i] > edges[^1]) edges.Add(Values[i]);
        }
        if (Values[^1] > edges[^1]) edges.Add(Values[^1]);
        return Apart(edges);
    }

    /// <summary>Without those that lie so close to the one before that the inverse of a bin's length would not be finite.</summary>
    private static float[] Apart(IReadOnlyList<float> edges)
    {
        const float ShortestBin = 1.17549435e-38f;
        var apart = new List<float> { edges[0] };
        foreach (float edge in edges)
            if (edge - apart[^1] >= ShortestBin) apart.Add(edge);
        return [.. apart];
    }

    private (double Mean, double Deviation) Moments()
    {
        if (Values.Length == 0) return (0, 0);
        double total = Counts.Sum(count => (double)count), mean = 0, square = 0;
        for (int i = 0; i < Values.Length; i++) mean += Values[i] * (Counts[i] / total);
        for (int i = 0; i < Values.Length; i++) square += Counts[i] / total * (Values[i] - mean) * (Values[i] - mean);
        return (mean, Math.Sqrt(square));
    }

    /// <summary>The quantile that interpolates between the two nearest rows.</summary>
    private float Quantile(double part)
    {
        if (Values.Length == 0) return 0;
        double place = part * (Counts.Sum() - 1);
        long below = (long)Math.Floor(place);
        float low = At(below), high = At((long)Math.Ceiling(place));
        return (float)(low + (place - below) * ((double)high - low));
    }

    private float At(long row)
    {
        long passed = 0;
        for (int i = 0; i < Values.Length; i++)
        {
            passed += Counts[i];
            if (row < passed) return Values[i];
        }
        return Values[^1];
    }
}
