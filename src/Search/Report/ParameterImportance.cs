namespace Microsoft.ML.TrainerSearch;

/// <summary>How much of the differences between trials one parameter explains on its own.</summary>
/// <param name="Parameter">The parameter's name.</param>
/// <param name="Share">Between 0 (nothing beyond chance) and 1 (everything).</param>
public sealed record ParameterImportance(string Parameter, double Share)
{
    private const int Bins = 4;

    /// <summary>
    /// The importance of every parameter, greatest first: omega squared of a one-way analysis of variance on the ranks of the
    /// losses, numbers cut into quarters, trials without the parameter as a class of their own. Ranks make it insensitive to
    /// trials that are absurdly bad, and let paused and pruned trials count too: they rank behind those that got further.
    /// </summary>
    public static IReadOnlyList<ParameterImportance> Of(StudyView study)
    {
        ArgumentNullException.ThrowIfNull(study);
        TrialRecord[] trials = [.. TpeSampler.Ranked(study)];
        return [.. study.Space.Entries
            .Select(entry => new ParameterImportance(entry.Parameter.Name, Explained(entry.Parameter, trials)))
            .OrderByDescending(importance => importance.Share)];
    }

    private static double Explained(SearchParameter parameter, TrialRecord[] byRank)
    {
        double n = byRank.Length;
        double[] cuts = parameter is ChoiceParameter ? [] : Cuts([.. byRank.Where(trial => trial.Configuration.Has(parameter.Name)).Select(trial => trial.Configuration[parameter.Name]).Order()]);
        var groups = byRank.Select((trial, rank) => (Class: ClassOf(parameter, cuts, trial), Rank: (double)rank)).GroupBy(item => item.Class, item => item.Rank).ToArray();
        if (groups.Length < 2 || n <= groups.Length) return 0;
        double mean = (n - 1) / 2;
        double total = byRank.Select((_, rank) => (rank - mean) * (rank - mean)).Sum();
        double between = groups.Sum(group => group.Count() * Math.Pow(group.Average() - mean, 2));
        double within = (total - between) / (n - groups.Length);
        return Math.Clamp((between - (groups.Length - 1) * within) / (total + within), 0, 1);
    }

    private static int ClassOf(SearchParameter parameter, double[] cuts, TrialRecord trial) =>
        !trial.Configuration.TryGetValue(parameter.Name, out double value) ? -1
        : parameter is ChoiceParameter ? (int)value
        : cuts.Count(cut => value > cut);

    private static double[] Cuts(double[] sorted) => sorted.Length == 0 ? [] :
        [.. Enumerable.Range(1, Bins - 1).Select(quarter => sorted[(sorted.Length - 1) * quarter / Bins]).Distinct()];
}
