namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// What the trainers of this library's own networks can be told about the features. All of it becomes layers in front of the network, fitted to the
/// training rows: it is saved, scored and exported with the model, and a row that is predicted looks as the rows of the data view did.
/// </summary>
public abstract class NetworkOptions : TrainingOptions
{
    private protected NetworkOptions() { }

    /// <summary>
    /// Names of the slots of the features that hold category codes: 1 to the number of categories, as key columns give by
    /// <c>Conversion.MapKeyToCode</c>; 0 and missing values are a category of their own. Columns that go through <c>Concatenate</c> lend their names to their slots. Each category
    /// becomes a learned vector (Guo and Berkhahn 2016, arXiv:1604.06737), the parameters <c>categories.tables.*</c>. Default empty.
    /// </summary>
    public IReadOnlyList<string> CategoricalColumns { get; set => field = [.. Require.NotNull(value, "Use an empty list for none.")]; } = [];

    /// <summary>
    /// The length of the vector of a category, at least 1, where a column has more than <see cref="OneHotCategories"/>. Default 8.
    /// </summary>
    public int CategoryWidth { get; set => field = Require.Between(1, NeuralNetworks.Checks.MaximumSize, value, "8 is usual."); } = 8;

    /// <summary>Columns with up to so many categories start as one-hot vectors. Default 8.</summary>
    public int OneHotCategories { get; set => field = Require.AtLeast(0, value, "0 embeds all columns."); } = 8;

    /// <summary>
    /// What is done with features that are NaN. Default null: they are replaced by the column's median in <c>TorchTabular</c>, and an error with column
    /// and row elsewhere. Categories may be missing in any case.
    /// </summary>
    public MissingValueHandling? MissingValues { get; set => field = value is { } handling ? Require.Defined(handling) : null; }

    /// <summary>
    /// How numbers are scaled. Default null: robustly in <c>TorchTabular</c> and wherever numbers are encoded, which includes it; else not at all.
    /// </summary>
    public InputScaling? InputScaling { get; set => field = value is { } scaling ? Require.Defined(scaling) : null; }

    /// <summary>
    /// Bins of the piecewise-linear encoding of each numeric column (Gorishniy, Rubachev and Babenko 2022, arXiv:2203.05556); 0 for none.
    /// Default null: 64 for regression and 128 for classification in <c>TorchTabular</c>, else 0.
    /// </summary>
    public int? PiecewiseLinearBins { get; set => field = value is { } bins ? Require.Between(0, NeuralNetworks.Checks.MaximumSize, bins, "64 is usual, and 0 switches the encoding off.") : null; }

    /// <summary>
    /// Frequencies of the periodic encoding of each numeric column (Holzmueller, Grinsztajn and Steinwart 2024, arXiv:2407.04491); 0 for none.
    /// Default null: 16 for regression in <c>TorchTabular</c>, else 0.
    /// </summary>
    public int? PeriodicFrequencies { get; set => field = value is { } count ? Require.Between(0, NeuralNetworks.Checks.MaximumSize, count, "16 is usual, and 0 switches the encoding off.") : null; }

    /// <summary>Numbers that an encoded numeric column becomes, its scaled value included, at least 2. Default 8.</summary>
    public int EncodingWidth { get; set => field = Require.Between(2, NeuralNetworks.Checks.MaximumSize, value, "8 is usual; one of them is the scaled value itself."); } = 8;

    /// <summary>
    /// With more numeric columns than this, numbers are scaled but not encoded. Default null: 32; where <c>TorchTabular</c> holds rows out, those decide
    /// for 33 to 128 columns.
    /// </summary>
    public int? MaximumEncodedColumns { get; set => field = value is { } columns ? Require.AtLeast(0, columns, "0 switches the encodings off.") : null; }

    /// <summary>Where training starts from.</summary>
    internal virtual WeightInitialization FirstWeights => WeightInitialization.Kaiming;

    /// <summary>Whether numbers are asked to be encoded.</summary>
    internal bool Encodes => PiecewiseLinearBins is > 0 || PeriodicFrequencies is > 0;

    /// <summary>Whether there is anything to put in front of the network.</summary>
    internal bool HasFront =>
        CategoricalColumns.Count > 0 || Encodes || InputScaling is not (null or Torch.InputScaling.None) || MissingValues is not (null or MissingValueHandling.Error);

    /// <exception cref="ArgumentException">Two options contradict each other.</exception>
    internal override void Check()
    {
        base.Check();
        if (Encodes && InputScaling is not (null or Torch.InputScaling.Robust))
            throw new ArgumentException($"InputScaling must be Robust where numbers are encoded but was {InputScaling}. The encodings include it: leave InputScaling out, or set PiecewiseLinearBins and PeriodicFrequencies to 0.", nameof(InputScaling));
        if (CategoricalColumns.Distinct(StringComparer.Ordinal).Count() < CategoricalColumns.Count)
            throw new ArgumentException($"CategoricalColumns must name each slot once but was {string.Join(", ", CategoricalColumns)}. Leave the repeats out.", nameof(CategoricalColumns));
    }
}

/// <summary>What is done with features that are missing (NaN).</summary>
public enum MissingValueHandling
{
    /// <summary>They are an error with column and row.</summary>
    Error,

    /// <summary>They become the median of the training rows' known values.</summary>
    Impute,

    /// <summary>
    /// As <see cref="Impute"/>, and each column with gaps in the training rows gets a second one beside it: 1 where the value was missing, else 0.
    /// </summary>
    ImputeAndIndicate,
}

/// <summary>How numbers are scaled in front of a network.</summary>
public enum InputScaling
{
    /// <summary>Not at all: they are as they come.</summary>
    None,

    /// <summary>(x - mean) / standard deviation of the training rows' known values; a constant column becomes 0.</summary>
    Standard,

    /// <summary>
    /// u = (x - median) / (third quartile - first quartile), then u / sqrt(1 + (u / 3)^2), which no outlier drives beyond 3. Of a column of 0 and 1 the 1
    /// becomes u = 2 (c - 1) / (c + 9) before that bound, c the rows with the rarer value: 0 where one row has it, up to 2 (after the bound 1.66) where many
    /// have (after Holzmueller, Grinsztajn and Steinwart 2024, Better by default, arXiv:2407.04491).
    /// </summary>
    Robust,
}
