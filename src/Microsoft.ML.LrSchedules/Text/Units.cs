namespace Microsoft.ML.LrSchedules.Text;

/// <summary>The units' short names.</summary>
internal static class Units
{
    internal const string Percent = "%";

    private static readonly (string Suffix, TrainingUnit Unit)[] Names =
    [
        ("st", TrainingUnit.Steps),
        ("ep", TrainingUnit.Epochs),
        ("run", TrainingUnit.OfRun),
        ("sa", TrainingUnit.Samples),
        ("tok", TrainingUnit.Tokens),
    ];

    internal static string Suffix(TrainingUnit unit) => Names.First(name => name.Unit == unit).Suffix;

    internal static TrainingUnit? Find(string suffix) =>
        suffix == Percent ? TrainingUnit.OfRun : Names.Where(name => name.Suffix == suffix).Select(name => (TrainingUnit?)name.Unit).FirstOrDefault();

    internal static string All => string.Join(", ", Names.Select(name => name.Suffix)) + " or %";
}
