namespace Microsoft.ML.Trainers.Torch;

/// <summary>How much the score of a model changes with a feature.</summary>
/// <param name="Name">The name of the slot; <c>Features[3]</c> where slots have none.</param>
/// <param name="Slot">Its place in the features, from 0.</param>
/// <param name="MeanAbsoluteGradient">
/// The mean over the rows of |d score / d feature|, over the numbers of a score the mean of theirs; NaN for a column of categories, which has no gradient.
/// </param>
/// <param name="Spread">The standard deviation of the feature over the rows where it is known; NaN for categories.</param>
/// <param name="Importance">
/// <paramref name="MeanAbsoluteGradient"/> x <paramref name="Spread"/>: by how much the score changes when the feature moves by a standard deviation.
/// For categories: the mean |change of the score| when a row takes the category of another one.
/// </param>
public sealed record FeatureImportance(string Name, int Slot, double MeanAbsoluteGradient, double Spread, double Importance);
