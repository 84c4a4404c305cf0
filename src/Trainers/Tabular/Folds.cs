using Microsoft.ML.Trainers.Torch.Data;
using Microsoft.ML.Trainers.Torch.Training;

namespace Microsoft.ML.Trainers.Torch.Tabular;

/// <summary>A random partition of the rows in which every fold has its share of each class (or of small and large labels).</summary>
internal static class Folds
{
    /// <returns>For each fold its rows, ascending.</returns>
    public static int[][] Of(TrainingData data, int folds, ulong seed)
    {
        int[] rows = [.. Enumerable.Range(0, data.Rows)];
        new RandomStream(seed, RandomStream.Purpose.ValidationSplit).Shuffle(rows);
        // A stable sort keeps the random order among equal labels; dealing them out in turn spreads each label.
        int[] dealt = [.. rows.OrderBy(row => data.Labels.Span[row * data.LabelColumns])];
        return [.. Enumerable.Range(0, folds).Select(fold => dealt.Where((_, i) => i % folds == fold).Order().ToArray())];
    }
}
