using System.Collections.Immutable;

namespace Microsoft.ML.NeuralNetworks.Layers;

/// <summary>
/// Scales every column of a row as <see cref="RobustScaling"/> does (x becomes x') and turns some columns into vectors:
/// [c, p] W + b followed by x' itself, where
/// c_h = cos(2 pi x' frequency_h + phase_h) is a periodic encoding (Holzmueller et al. 2024, arXiv:2407.04491: PBLD) and
/// p_j = clamp((x - e_j) / (e_(j+1) - e_j), 0, 1) a piecewise-linear one of the raw x between the edges e
/// (Gorishniy et al. 2022, arXiv:2203.05556: PLE). The vectors come first, in the order of the columns, then the x' of the other columns.
/// </summary>
/// <remarks>
/// Only one p_j lies strictly between 0 and 1 at most: those before are 1, those after 0. So p W is a prefix sum of rows of W plus a
/// part of the next row, and costs no more with many bins than with few.
/// A column that needs fewer bins repeats its last edge: bins of no length are unused, and their p_j is 0.
/// </remarks>
public sealed record NumericEmbedding : Layer
{
    /// <summary>Says which columns become vectors.</summary>
    /// <param name="name">
    /// Prefix of <c>name.frequencies</c> and <c>.phases</c> (columns x frequencies; only if there are any), <c>.weight</c>
    /// (columns x (frequencies + bins) x width), <c>.bias</c> (columns x width), and of the buffers <c>.center</c> and <c>.scale</c>
    /// (inputs) and <c>.edges</c> (columns x (bins + 1), ascending; only if there are any).
    /// </param>
    /// <param name="inputSize">Numbers per row in.</param>
    /// <param name="columns">The places of the columns that become vectors, ascending; at least one.</param>
    /// <param name="bins">Bins of the piecewise-linear encoding; 0 for none.</param>
    /// <param name="frequencies">Frequencies of the periodic encoding; 0 for none.</param>
    /// <param name="width">The length of a vector, without x'.</param>
    /// <exception cref="ArgumentException">Both encodings are off, or the columns do not ascend or lie outside the row.</exception>
    public NumericEmbedding(string name, int inputSize, IEnumerable<int> columns, int bins, int frequencies, int width) : base(name)
    {
        ArgumentNullException.ThrowIfNull(columns);
        InputSize = Checks.Size(inputSize);
        Columns = [.. columns];
        Checks.Ascending(Columns, inputSize, nameof(columns));
        Bins = Checks.NotNegative(bins);
        Frequencies = Checks.NotNegative(frequencies);
        Width = Checks.Size(width);
        if (bins + frequencies == 0) throw new ArgumentException("bins and frequencies must not both be 0. Use RobustScaling for no encoding.", nameof(bins));
        Others = [.. Enumerable.Range(0, inputSize).Except(Columns)];
        Outputs = Checks.Size(checked(Columns.Length * (width + 1) + Others.Length), nameof(Outputs));
    }

    /// <summary>Numbers per row in.</summary>
    public int InputSize { get; }

    /// <summary>The places of the columns that become vectors, ascending.</summary>
    public ImmutableArray<int> Columns { get; }

    /// <summary>The places of the columns that are scaled only, ascending.</summary>
    public ImmutableArray<int> Others { get; }

    /// <summary>Bins of the piecewise-linear encoding; 0 for none.</summary>
    public int Bins { get; }

    /// <summary>Frequencies of the periodic encoding; 0 for none.</summary>
    public int Frequencies { get; }

    /// <summary>The length of a vector, without x'.</summary>
    public int Width { get; }

    /// <inheritdoc/>
    public override int Inputs => InputSize;

    /// <inheritdoc/>
    public override int Outputs { get; }

    /// <inheritdoc/>
    public override ImmutableArray<ParameterSpec> Parameters
    {
        get
        {
            int count = Columns.Length;
            var specs = ImmutableArray.CreateBuilder<ParameterSpec>();
            if (Frequencies > 0)
            {
                specs.Add(new($"{Name}.frequencies", [count, Frequencies], ParameterRole.Embedding));
                specs.Add(new($"{Name}.phases", [count, Frequencies], ParameterRole.Embedding));
            }
            specs.Add(new($"{Name}.weight", [count, Frequencies + Bins, Width], ParameterRole.Embedding));
            specs.Add(new($"{Name}.bias", [count, Width], ParameterRole.Embedding));
            specs.Add(new($"{Name}.center", [InputSize], ParameterRole.Buffer));
            specs.Add(new($"{Name}.scale", [InputSize], ParameterRole.Buffer));
            if (Bins > 0) specs.Add(new($"{Name}.edges", [count, Bins + 1], ParameterRole.Buffer));
            return specs.ToImmutable();
        }
    }

    /// <inheritdoc/>
    public bool Equals(NumericEmbedding? other) =>
        base.Equals(other) && InputSize == other!.InputSize && Bins == other.Bins && Frequencies == other.Frequencies && Width == other.Width
        && Columns.SequenceEqual(other.Columns);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), InputSize, Columns.Length, Bins, Frequencies, Width);
}
