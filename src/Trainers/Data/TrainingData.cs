using Microsoft.ML.NeuralNetworks;
using Microsoft.ML.Trainers.Torch.Training;

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

    /// <summary>The sum of the weights of these rows.</summary>
    public double TotalWeight(ReadOnlySpan<int> rows)
    {
        if (Weights.IsEmpty) return rows.Length;
        ReadOnlySpan<float> weights = Weights.Span;
        double total = 0;
        foreach (int row in rows) total += weights[row];
        return total;
    }

    /// <summary>Holds out a random part of the rows: its size is rounded, at least one row and at most all but one.</summary>
    public (TrainingData Train, TrainingData HeldOut) Split(double fraction, ulong seed)
    {
        if (Rows < 2) throw new InvalidOperationException($"The data must have at least 2 rows to hold some out but had {Rows}. Set ValidationFraction to 0.");
        var rows = new int[Rows];
        for (int i = 0; i < rows.Length; i++) rows[i] = i;
        new RandomStream(seed, RandomStream.Purpose.ValidationSplit).Shuffle(rows);
        int heldOut = (int)Math.Clamp(Math.Round(Rows * fraction), 1, Rows - 1);
        return (Select(Sorted(rows.AsSpan(heldOut))), Select(Sorted(rows.AsSpan(0, heldOut))));
    }

    // Row order stays as it was: the split alone is random.
    private static Span<int> Sorted(Span<int> rows)
    {
        rows.Sort();
        return rows;
    }

    private TrainingData Select(ReadOnlySpan<int> rows) => new(
        rows.Length, Columns, Gather(Features, Columns, rows), Gather(Labels, LabelColumns, rows), Weights.IsEmpty ? default : Gather(Weights, 1, rows)) { LabelColumns = LabelColumns };

    private static Memory<float> Gather(Memory<float> source, int width, ReadOnlySpan<int> rows)
    {
        Memory<float> gathered = AlignedMemory.Allocate<float>(checked(rows.Length * width));
        for (int i = 0; i < rows.Length; i++)
            source.Span.Slice(rows[i] * width, width).CopyTo(gathered.Span.Slice(i * width, width));
        return gathered;
    }
}
