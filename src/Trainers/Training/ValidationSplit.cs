using Microsoft.ML.Trainers.Torch.Data;

namespace Microsoft.ML.Trainers.Torch.Training;

/// <summary>Holds out a random part of the rows; both parts keep the order of the data.</summary>
internal static class ValidationSplit
{
    /// <param name="data">At least two rows.</param>
    /// <param name="fraction">The part to hold out; rounded to at least one row and at most all but one.</param>
    /// <param name="seed">The run's seed.</param>
    public static (TrainingData Train, TrainingData HeldOut) Of(TrainingData data, double fraction, ulong seed)
    {
        if (data.Rows < 2) throw new InvalidOperationException($"The data must have at least 2 rows to hold some out but had {data.Rows}. Set ValidationFraction to 0.");
        int[] rows = [.. Enumerable.Range(0, data.Rows)];
        new RandomStream(seed, RandomStream.Purpose.ValidationSplit).Shuffle(rows);
        int count = (int)Math.Clamp(Math.Round(data.Rows * fraction), 1, data.Rows - 1);
        rows.AsSpan(0, count).Sort();
        rows.AsSpan(count).Sort();
        return (data.Select(rows.AsSpan(count)), data.Select(rows.AsSpan(0, count)));
    }
}
