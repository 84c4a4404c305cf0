using System.Collections.Immutable;

namespace Microsoft.ML.NeuralNetworks.Layers;

/// <summary>
/// The row, followed by one number for each of some columns: 1 where the column is NaN, else 0. In front of <see cref="MissingValues"/> it keeps
/// what that layer removes: whether a value was missing at all. No parameters.
/// </summary>
public sealed record MissingIndicators : Layer
{
    /// <summary>Says which columns are looked at.</summary>
    /// <param name="name">A unique name.</param>
    /// <param name="inputSize">Numbers per row in.</param>
    /// <param name="columns">The places of the columns, ascending; at least one.</param>
    /// <exception cref="ArgumentException">There is no column, or they do not ascend or lie outside the row.</exception>
    public MissingIndicators(string name, int inputSize, IEnumerable<int> columns) : base(name)
    {
        ArgumentNullException.ThrowIfNull(columns);
        InputSize = Checks.Size(inputSize);
        Columns = [.. columns];
        Checks.Ascending(Columns, inputSize, nameof(columns));
        Outputs = Checks.Size(checked(inputSize + Columns.Length), nameof(Outputs));
    }

    /// <summary>Numbers per row in.</summary>
    public int InputSize { get; }

    /// <summary>The places of the columns that are looked at, ascending.</summary>
    public ImmutableArray<int> Columns { get; }

    /// <inheritdoc/>
    public override int Inputs => InputSize;

    /// <inheritdoc/>
    public override int Outputs { get; }

    /// <inheritdoc/>
    public bool Equals(MissingIndicators? other) => base.Equals(other) && InputSize == other!.InputSize && Columns.SequenceEqual(other.Columns);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), InputSize, Columns.Length, Columns[0]);
}
