using System.Collections.Immutable;
using System.Globalization;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.NeuralNetworks.Layers;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Training;

namespace Microsoft.ML.Trainers.Torch.Tabular;

/// <summary>
/// The front of the network, fitted to the training rows: missing values, categories, scaling and numeric encodings. All of it is layers of the network
/// and is saved, scored and exported with them.
/// </summary>
internal sealed class TabularEncoding
{
    // Vectors of categories pass the scaling layer as they are, but for its bound of 3.
    private const float OneHotScale = 2;
    private const double FrequencyDeviation = 0.1;

    // A vector of 8 for each of so many takes 128 MB in each member, and singles still hold every whole number.
    private const int LargestCode = 1 << 22;

    /// <summary>Up to so many numeric columns are encoded if nothing else is said.</summary>
    public const int UsualMaximum = 32;

    private readonly MissingIndicators? indicators;
    private readonly MissingValues? missing;
    private readonly CategoricalEmbedding? categories;
    private readonly Layer? scaling;
    private readonly NetworkOptions options;
    private readonly float[] replacement, center, scale, edges = [];

    /// <param name="data">The training rows.</param>
    /// <param name="categorical">The columns that hold category codes.</param>
    /// <param name="options">What is to be done; null is nothing, or for the scaling what the encodings need.</param>
    /// <param name="columnsDone">Called after each column; throws to cancel.</param>
    public TabularEncoding(TrainingData data, IReadOnlySet<int> categorical, NetworkOptions options, Action columnsDone)
    {
        this.options = options;
        int inputs = data.Columns;
        MissingValueHandling handling = options.MissingValues ?? MissingValueHandling.Error;
        var others = new List<ColumnSummary>();
        var gaps = new List<(int Column, ColumnSummary Indicator)>();
        var tables = new List<CategoricalColumn>();
        float[] medians = new float[inputs], values = new float[data.Rows];
        for (int column = 0; column < inputs; column++)
        {
            Column(data, column, values);
            if (categorical.Contains(column))
            {
                int count = Categories(values, column);
                tables.Add(new CategoricalColumn(column, count, count <= options.OneHotCategories ? count : options.CategoryWidth));
            }
            else
            {
                ColumnSummary summary = ColumnSummary.Of(values);
                medians[column] = summary.Median;
                others.Add(summary);
                int known = summary.Counts.Sum();
                if (handling == MissingValueHandling.ImputeAndIndicate && known < data.Rows) gaps.Add((column, ColumnSummary.OfIndicator(data.Rows - known, data.Rows)));
            }
            columnsDone();
        }
        if (gaps.Count > 0) indicators = new MissingIndicators("indicators", inputs, gaps.Select(gap => gap.Column));
        others.AddRange(gaps.Select(gap => gap.Indicator));
        int width = indicators?.Outputs ?? inputs;
        if (handling != MissingValueHandling.Error) missing = new MissingValues("missing", width);
        replacement = [.. medians, .. new float[gaps.Count]];
        if (tables.Count > 0) categories = new CategoricalEmbedding("categories", width, tables);
        width = categories?.Outputs ?? width;

        int[] numeric = [.. Enumerable.Range(0, others.Count).Where(i => others[i].IsNumeric)];
        int bins = options.PiecewiseLinearBins ?? 0, frequencies = options.PeriodicFrequencies ?? 0;
        Numbers = [.. numeric.Select(i => (i, others[i].Reach))];
        bool encodes = bins + frequencies > 0;
        InputScaling kind = options.InputScaling ?? (encodes ? InputScaling.Robust : InputScaling.None);
        center = new float[width];
        scale = Enumerable.Repeat(1f, width).ToArray();
        for (int i = 0; i < others.Count; i++)
            (center[i], scale[i]) = kind switch
            {
                InputScaling.Standard => (others[i].Mean, others[i].InverseDeviation),
                _ => others[i].IsIndicator ? (0, others[i].IndicatorScale) : (others[i].Median, others[i].Scale),
            };
        if (encodes && numeric.Length > 0 && numeric.Length <= (options.MaximumEncodedColumns ?? UsualMaximum))
        {
            scaling = new NumericEmbedding("encoding", width, numeric, bins, frequencies, options.EncodingWidth - 1);
            if (bins > 0) edges = [.. numeric.SelectMany(i => Padded(others[i].Edges(bins), bins + 1))];
        }
        else
        {
            scaling = kind switch
            {
                InputScaling.Robust => new RobustScaling("scaling", width),
                InputScaling.Standard => new Standardization("scaling", width),
                _ => null,
            };
        }
        Outputs = scaling?.Outputs ?? width;
    }

    /// <summary>Numbers per row that come out of the front.</summary>
    public int Outputs { get; }

    /// <summary>
    /// The columns, as the scaling layer gets them, that hold more than two numbers, ascending, each with its largest distance from the median.
    /// </summary>
    public IReadOnlyList<(int Column, float Reach)> Numbers { get; }

    /// <summary>The layers, from the features to the first dense layer; perhaps none.</summary>
    public ImmutableArray<Layer> Layers => [.. new Layer?[] { indicators, missing, categories, scaling }.OfType<Layer>()];

    /// <summary>Fills in what was fitted, and first values of what is learned.</summary>
    public void Fill(ParameterLayout layout, Span<float> weights, ref RandomStream random)
    {
        if (missing is not null) replacement.CopyTo(layout["missing.replacement"].In(weights));
        if (categories is not null)
            for (int i = 0; i < categories.Columns.Length; i++) FillTable(categories.Columns[i], layout[$"categories.tables.{i}"].In(weights), ref random);
        if (scaling is null) return;
        center.CopyTo(layout[$"{scaling.Name}.{(scaling is Standardization ? "mean" : "center")}"].In(weights));
        scale.CopyTo(layout[$"{scaling.Name}.scale"].In(weights));
        if (scaling is not NumericEmbedding numeric) return;
        if (numeric.Bins > 0) edges.CopyTo(layout["encoding.edges"].In(weights));
        if (numeric.Frequencies > 0)
        {
            foreach (ref float value in layout["encoding.frequencies"].In(weights)) value = (float)(FrequencyDeviation * random.NextNormal());
            foreach (ref float value in layout["encoding.phases"].In(weights)) value = (float)random.NextDouble(-Math.PI, Math.PI);
        }
        double bound = 1 / Math.Sqrt(numeric.Frequencies + numeric.Bins);
        foreach (ref float value in layout["encoding.weight"].In(weights)) value = (float)random.NextDouble(-bound, bound);
        foreach (ref float value in layout["encoding.bias"].In(weights)) value = (float)random.NextDouble(-bound, bound);
    }

    /// <summary>A table starts as one-hot vectors if it is as wide as it has categories, else with random ones. Missing starts as zeros.</summary>
    private void FillTable(CategoricalColumn column, Span<float> table, ref RandomStream random)
    {
        bool oneHot = column.Width == column.Categories && column.Categories <= options.OneHotCategories;
        for (int code = 1; code <= column.Categories; code++)
            for (int j = 0; j < column.Width; j++)
                table[code * column.Width + j] = oneHot ? (j == code - 1 ? OneHotScale : 0) : (float)random.NextNormal();
    }

    private static void Column(TrainingData data, int column, Span<float> values)
    {
        ReadOnlySpan<float> features = data.Features.Span;
        for (int row = 0; row < data.Rows; row++) values[row] = features[row * data.Columns + column];
    }

    /// <summary>The largest code, at least 1. What is no code is refused: a number by mistake would make a table of millions of rows.</summary>
    private static int Categories(ReadOnlySpan<float> codes, int column)
    {
        float largest = 1;
        for (int row = 0; row < codes.Length; row++)
        {
            float code = codes[row];
            if (float.IsNaN(code)) continue;
            if (!(code >= 0 && code <= LargestCode && code == MathF.Floor(code)))
                throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture,
                    $"The category code in feature {column} of training row {row} (counting from 0) must be a whole number from 0 to {LargestCode}, or missing, but was {code}. Number the categories from 1, as Conversion.MapValueToKey and MapKeyToCode do, or leave the column out of CategoricalColumns."));
            if (code > largest) largest = code;
        }
        return (int)largest;
    }

    // Unused bins have no length.
    private static IEnumerable<float> Padded(float[] edges, int count) => edges.Concat(Enumerable.Repeat(edges[^1], count - edges.Length));
}
