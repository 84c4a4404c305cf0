using Microsoft.ML.NeuralNetworks;

namespace Microsoft.ML.Trainers.Torch.Data;

/// <summary>The rows to learn from as flat buffers, read once. Row-major, pinned and 64-byte aligned.</summary>
/// <param name="Rows">Number of rows.</param>
/// <param name="Columns">Features per row.</param>
/// <param name="Features">Rows x columns.</param>
/// <param name="Labels">
/// One number per row: the target of a regression, 0 or 1, or the class from 0; or several targets (<see cref="LabelColumns"/>).
/// </param>
/// <param name="Weights">One number per row, or empty where every row counts alike.</param>
internal sealed record TrainingData(int Rows, int Columns, Memory<float> Features, Memory<float> Labels, Memory<float> Weights)
{
    /// <summary>Targets per row: more than one for a regression on a vector label.</summary>
    public int LabelColumns { get; init; } = 1;

    /// <summary>The labels in the user's own unit, where <see cref="Labels"/> are scaled and somebody asks; else empty.</summary>
    public ReadOnlyMemory<float> Targets { get; init; }

    /// <summary>The same rows, with a copy of the labels as they are now.</summary>
    public TrainingData WithTargets() => this with { Targets = Labels.ToArray() };

    /// <summary>The sum of the weights of these rows.</summary>
    public double TotalWeight(ReadOnlySpan<int> rows)
    {
        if (Weights.IsEmpty) return rows.Length;
        ReadOnlySpan<float> weights = Weights.Span;
        double total = 0;
        foreach (int row in rows) total += weights[row];
        return total;
    }

    /// <summary>A copy of these rows, in this order.</summary>
    public TrainingData Select(ReadOnlySpan<int> rows) => new(
        rows.Length, Columns, Gather(Features, Columns, rows), Gather(Labels, LabelColumns, rows), Weights.IsEmpty ? default : Gather(Weights, 1, rows))
    {
        LabelColumns = LabelColumns,
        Targets = Targets.IsEmpty ? default : Gather(Targets, LabelColumns, rows),
    };

    private static Memory<float> Gather(ReadOnlyMemory<float> source, int width, ReadOnlySpan<int> rows)
    {
        Memory<float> gathered = AlignedMemory.AllocateUninitialized<float>(checked(rows.Length * width));
        for (int i = 0; i < rows.Length; i++)
            source.Span.Slice(rows[i] * width, width).CopyTo(gathered.Span.Slice(i * width, width));
        return gathered;
    }
}
