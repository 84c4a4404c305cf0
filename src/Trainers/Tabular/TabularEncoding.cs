using System.Collections.Immutable;
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

    private readonly MissingValues missing;
    private readonly CategoricalEmbedding? categories;
    private readonly Layer scaling;
    private readonly TorchTabularOptions options;
    private readonly float[] replacement, center, scale, edges;

    /// <param name="data">The training rows.</param>
    /// <param name="categorical">The columns that hold category codes.</param>
    /// <param name="options">Resolved.</param>
    /// <param name="columnsDone">Called after each column; throws to cancel.</param>
    public TabularEncoding(TrainingData data, IReadOnlySet<int> categorical, TorchTabularOptions options, Action columnsDone)
    {
        this.options = options;
        int inputs = data.Columns;
        missing = new MissingValues("missing", inputs);
        replacement = new float[inputs];
        var others = new List<ColumnSummary>();
        var tables = new List<CategoricalColumn>();
        float[] values = new float[data.Rows];
        for (int column = 0; column < inputs; column++)
        {
            Column(data, column, values);
            if (categorical.Contains(column))
            {
                int count = Categories(values);
                tables.Add(new CategoricalColumn(column, count, count <= options.OneHotCategories ? count : options.CategoryWidth));
            }
            else
            {
                ColumnSummary summary = ColumnSummary.Of(values);
                replacement[column] = summary.Median;
                others.Add(summary);
            }
            columnsDone();
        }
        categories = tables.Count == 0 ? null : new CategoricalEmbedding("categories", inputs, tables);
        int width = categories?.Outputs ?? inputs;
        center = new float[width];
        scale = Enumerable.Repeat(1f, width).ToArray();
        for (int i = 0; i < others.Count; i++)
            (center[i], scale[i]) = others[i].IsIndicator ? (0, OneHotScale) : (others[i].Median, others[i].Scale);

        int[] numeric = [.. Enumerable.Range(0, others.Count).Where(i => others[i].IsNumeric)];
        int bins = options.PiecewiseLinearBins!.Value, frequencies = options.PeriodicFrequencies!.Value;
        if (numeric.Length == 0 || numeric.Length > options.MaximumEncodedColumns || bins + frequencies == 0)
        {
            scaling = new RobustScaling("scaling", width);
            edges = [];
        }
        else
        {
            scaling = new NumericEmbedding("encoding", width, numeric, bins, frequencies, options.EncodingWidth - 1);
            edges = bins == 0 ? [] : [.. numeric.SelectMany(i => Padded(others[i].Edges(bins), bins + 1))];
        }
    }

    /// <summary>The layers, from the features to the first dense layer.</summary>
    public ImmutableArray<Layer> Layers => [missing, .. categories is null ? [] : new Layer[] { categories }, scaling];

    /// <summary>Fills in what was fitted, and first values of what is learned.</summary>
    public void Fill(ParameterLayout layout, Span<float> weights, ref RandomStream random)
    {
        replacement.CopyTo(layout["missing.replacement"].In(weights));
        if (categories is not null)
            for (int i = 0; i < categories.Columns.Length; i++) FillTable(categories.Columns[i], layout[$"categories.tables.{i}"].In(weights), ref random);
        center.CopyTo(layout[$"{scaling.Name}.center"].In(weights));
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

    /// <summary>The largest code, at least 1.</summary>
    private static int Categories(ReadOnlySpan<float> codes)
    {
        float largest = 1;
        foreach (float code in codes)
            if (code > largest) largest = code;
        return (int)Math.Min(largest, 1 << 22);
    }

    // Unused bins have no length.
    private static IEnumerable<float> Padded(float[] edges, int count) => edges.Concat(Enumerable.Repeat(edges[^1], count - edges.Length));
}
