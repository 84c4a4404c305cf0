using System.Collections.Immutable;

namespace Microsoft.ML.NeuralNetworks.Layers;

/// <summary>One column that holds category codes.</summary>
/// <param name="Index">Its place in the row.</param>
/// <param name="Categories">How many there are. Codes run from 1 to this, as ML.NET's keys do; anything else counts as missing.</param>
/// <param name="Width">The length of the vector that stands for a category.</param>
public sealed record CategoricalColumn(int Index, int Categories, int Width)
{
    /// <summary>Its place in the row.</summary>
    public int Index { get; } = Checks.NotNegative(Index);

    /// <summary>How many categories there are.</summary>
    public int Categories { get; } = Checks.Size(Categories);

    /// <summary>The length of the vector that stands for a category.</summary>
    public int Width { get; } = Checks.Size(Width);
}

/// <summary>
/// Replaces category codes by learned vectors: the row's other columns come first, in their order, then one vector per categorical
/// column. Code c is row c of the column's table; row 0 stands for missing and unknown categories.
/// Guo and Berkhahn 2016, Entity embeddings of categorical variables, arXiv:1604.06737.
/// </summary>
public sealed record CategoricalEmbedding : Layer
{
    /// <summary>Says which columns are categories.</summary>
    /// <param name="name">Prefix of <c>name.tables.0</c>, <c>name.tables.1</c>, ...: (categories + 1) x width each.</param>
    /// <param name="inputSize">Numbers per row in.</param>
    /// <param name="columns">The categorical columns, by ascending index; at least one.</param>
    /// <exception cref="ArgumentException">There is no column, or the indices do not ascend or lie outside the row.</exception>
    public CategoricalEmbedding(string name, int inputSize, IEnumerable<CategoricalColumn> columns) : base(name)
    {
        ArgumentNullException.ThrowIfNull(columns);
        InputSize = Checks.Size(inputSize);
        Columns = [.. columns];
        Checks.Ascending([.. Columns.Select(column => column.Index)], inputSize, nameof(columns));
        Others = [.. Enumerable.Range(0, inputSize).Except(Columns.Select(column => column.Index))];
        Outputs = Checks.Size(checked(Others.Length + Columns.Sum(column => column.Width)), nameof(Outputs));
    }

    /// <summary>Numbers per row in.</summary>
    public int InputSize { get; }

    /// <summary>The categorical columns, by ascending index.</summary>
    public ImmutableArray<CategoricalColumn> Columns { get; }

    /// <summary>The places of the columns that pass unchanged, ascending.</summary>
    public ImmutableArray<int> Others { get; }

    /// <inheritdoc/>
    public override int Inputs => InputSize;

    /// <inheritdoc/>
    public override int Outputs { get; }

    /// <inheritdoc/>
    public override ImmutableArray<ParameterSpec> Parameters =>
        [.. Columns.Select((column, i) => new ParameterSpec($"{Name}.tables.{i}", [column.Categories + 1, column.Width], ParameterRole.Embedding))];

    /// <inheritdoc/>
    public bool Equals(CategoricalEmbedding? other) => base.Equals(other) && InputSize == other!.InputSize && Columns.SequenceEqual(other.Columns);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), InputSize, Columns.Length, Columns[0]);
}
