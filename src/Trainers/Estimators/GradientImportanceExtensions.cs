using Microsoft.ML.Data;
using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Training;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>What a model looks at, by its own derivatives.</summary>
public static class GradientImportanceExtensions
{
    /// <summary>
    /// For each slot of the features I_j = s_j / n sum_i |d score(x_i) / d x_ij| with the standard deviation s_j of the feature: by how much the score
    /// changes, on average over the rows, when the feature moves by one standard deviation and all others stay. For a linear model it is the size of
    /// the standardised coefficient. Input gradients: Hechtlinger 2016, Interpretation of prediction models using the input gradient, arXiv:1611.07634;
    /// Simonyan, Vedaldi and Zisserman 2013, arXiv:1312.6034.
    /// <code>
    /// var importance = model.Model.GradientImportance(data).OrderByDescending(feature => feature.Importance);
    /// </code>
    /// </summary>
    /// <remarks>
    /// The score is the model's Score: the prediction of a regression, the log-odds of a binary model, the probabilities of the classes. Missing values
    /// count as a derivative of 0. Columns of categories have no derivative: for them I_j is the mean |change of the score| when each row takes the
    /// category of the row half the data away. One pass over the rows, where permutation importance takes several per feature; it says what
    /// the model's score reacts to, permutation importance how much worse its predictions become. A piecewise-linear encoding (<c>TorchTabular</c> has one by default) makes the
    /// score a line with many small bends: its slopes within the bins count in full, though they cancel over a longer way.
    /// A module of your own is differentiated by libtorch, all others by managed code.
    /// </remarks>
    /// <param name="model">The parameters of a model of this library: <c>transformer.Model</c>, for binary classification <c>transformer.Model.SubModel</c>.</param>
    /// <param name="data">Rows such as those of training, with the features that the model takes. They are read once, into memory.</param>
    /// <param name="featureColumnName">The column of the features.</param>
    /// <returns>One record per slot, in the order of the slots.</returns>
    /// <exception cref="ArgumentException">There is no such column, its type is another one, or it has no rows.</exception>
    public static IReadOnlyList<FeatureImportance> GradientImportance<TOutput>(
        this NetworkModelParameters<TOutput> model, IDataView data, string featureColumnName = DefaultColumnNames.Features)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentException.ThrowIfNullOrEmpty(featureColumnName);
        using var importances = new GradientImportances(model.Network);
        (Memory<float> features, int rows, string[] names) = Read(data, featureColumnName, model.Network.Network.Inputs);
        ReadOnlySpan<float> values = features.Span;
        double[] gradients = importances.MeanAbsoluteGradients(values, rows);
        IReadOnlyList<int> categories = importances.Categories;
        var result = new FeatureImportance[gradients.Length];
        for (int slot = 0; slot < result.Length; slot++)
        {
            double spread = importances.Spread(values, rows, slot);
            result[slot] = categories.Contains(slot)
                ? new FeatureImportance(names[slot], slot, double.NaN, double.NaN, importances.MeanChange(values, rows, slot))
                : new FeatureImportance(names[slot], slot, gradients[slot], spread, gradients[slot] * spread);
        }
        return result;
    }

    private static (Memory<float> Features, int Rows, string[] Names) Read(IDataView data, string name, int inputs)
    {
        DataViewSchema.Column column = data.Schema.GetColumnOrNull(name)
            ?? throw new ArgumentException($"featureColumnName must name a column but was '{name}'. There are: {string.Join(", ", data.Schema.Select(each => each.Name))}.", nameof(name));
        var type = new VectorDataViewType(NumberDataViewType.Single, inputs);
        if (!column.Type.Equals(type))
            throw new ArgumentException($"Column '{name}' must be {type} but was {column.Type}. Use the features that the model was trained on.", nameof(name));
        VBuffer<ReadOnlyMemory<char>> slots = default;
        if (column.HasSlotNames()) column.GetSlotNames(ref slots);
        string[] given = [.. slots.DenseValues().Select(slot => slot.ToString())];
        string[] names = [.. Enumerable.Range(0, inputs).Select(slot => slot < given.Length && given[slot].Length > 0 ? given[slot] : $"{name}[{slot}]")];

        RowBuffer rows = RowBuffer.For(data.GetRowCount(), inputs)[0];
        using DataViewRowCursor cursor = data.GetRowCursor([column]);
        ValueGetter<VBuffer<float>> get = cursor.GetGetter<VBuffer<float>>(column);
        VBuffer<float> row = default;
        while (cursor.MoveNext())
        {
            get(ref row);
            if (row.Length != inputs) throw new ArgumentException($"Column '{name}' of row {rows.Rows} (counting from 0) must have {inputs} values but had {row.Length}. Give every row all features.", nameof(data));
            row.CopyTo(rows.Room()[..inputs]);
            rows.Add(1);
        }
        if (rows.Rows == 0) throw new ArgumentException("data must have at least one row but had none. Give rows such as those of training.", nameof(data));
        return (rows.Join(), rows.Rows, names);
    }
}
