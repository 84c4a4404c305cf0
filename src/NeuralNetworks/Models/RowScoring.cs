using Microsoft.ML.Data;
using Microsoft.ML.NeuralNetworks.Scoring;

namespace Microsoft.ML.NeuralNetworks;

/// <summary>Scoring of rows as ML.NET hands them over.</summary>
internal static class RowScoring
{
    /// <summary>One row, dense or sparse.</summary>
    /// <exception cref="ArgumentException">The row has another length than the network takes.</exception>
    public static void Score(this NetworkScorer scorer, in VBuffer<float> row, Span<float> prediction)
    {
        if (row.Length != scorer.Inputs)
            throw new ArgumentException($"The feature vector must have {scorer.Inputs} values but had {row.Length}. Score with the features that the model was trained on.", nameof(row));
        if (row.IsDense) scorer.Score(row.GetValues(), prediction);
        else scorer.ScoreSparse(row.GetIndices(), row.GetValues(), prediction);
    }
}
