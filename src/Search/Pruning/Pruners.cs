namespace Microsoft.ML.TrainerSearch;

/// <summary>The built-in pruners.</summary>
public static class Pruners
{
    /// <summary>Every trial runs to its end.</summary>
    public static Pruner None { get; } = new NoPruner();

    /// <summary>Stops a trial whose best value so far is worse than the median of the others at the same step.</summary>
    /// <param name="startupTrials">Others that must have reached the step before anything is stopped.</param>
    /// <param name="warmupSteps">Steps in which nothing is stopped.</param>
    public static Pruner Median(int startupTrials = 5, int warmupSteps = 0) => Percentile(50, startupTrials, warmupSteps);

    /// <summary>Stops a trial whose best value so far is not among the best <paramref name="percent"/> percent at the same step.</summary>
    /// <param name="percent">The part that goes on, between 0 and 100; 75 stops the worst quarter.</param>
    /// <param name="startupTrials">Others that must have reached the step before anything is stopped.</param>
    /// <param name="warmupSteps">Steps in which nothing is stopped.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside of its range.</exception>
    public static Pruner Percentile(double percent, int startupTrials = 5, int warmupSteps = 0)
    {
        Require.That(percent is > 0 and < 100, nameof(percent), "between 0 and 100", percent, "It is the part of the trials that goes on.");
        Require.That(startupTrials >= 1, nameof(startupTrials), "at least 1", startupTrials, "A percentile needs others to compare with.");
        Require.That(warmupSteps >= 0, nameof(warmupSteps), "zero or more", warmupSteps, "Nothing is stopped in these steps.");
        return new PercentilePruner(percent, startupTrials, warmupSteps);
    }

    /// <summary>Stops a trial that has not improved for <paramref name="steps"/> reports and that <paramref name="inner"/>, if given, would stop too.</summary>
    /// <param name="steps">Reports without improvement that are forgiven.</param>
    /// <param name="minimumImprovement">What counts as improvement, in units of the metric.</param>
    /// <param name="inner">The pruner to make patient; null to stop whatever stands still.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside of its range.</exception>
    public static Pruner Patience(int steps, double minimumImprovement = 0, Pruner? inner = null)
    {
        Require.That(steps >= 1, nameof(steps), "at least 1", steps, "One step without improvement is noise.");
        Require.That(minimumImprovement >= 0 && double.IsFinite(minimumImprovement), nameof(minimumImprovement), "zero or more", minimumImprovement, "It is in units of the metric.");
        return new PatiencePruner(steps, minimumImprovement, inner);
    }

    /// <summary>
    /// Asynchronous successive halving with rungs that resume: every trial pauses at <paramref name="minimumSteps"/>, and
    /// the best 1/<paramref name="reduction"/> of each rung go on, from their checkpoints, for
    /// <paramref name="reduction"/> times as long; after the last rung at or below <paramref name="maximumSteps"/> / <paramref name="reduction"/>
    /// they go on to their end. Nothing is trained twice. Li and others, A system for massively
    /// parallel hyperparameter tuning, 2020.
    /// </summary>
    /// <param name="minimumSteps">The first rung.</param>
    /// <param name="maximumSteps">The length of a whole trial.</param>
    /// <param name="reduction">How many trials compete for one place on the next rung.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside of its range.</exception>
    public static Pruner Asha(int minimumSteps, int maximumSteps, int reduction = 3)
    {
        CheckLadder(minimumSteps, maximumSteps, reduction);
        return new LadderPruner([LadderPruner.Rungs(minimumSteps, maximumSteps, reduction)], [1], reduction);
    }

    /// <summary>
    /// Hyperband: several ASHA ladders that begin ever later, the last one without any rung, in case early values mislead.
    /// A trial's ladder depends on its number only. Li and others, Hyperband, 2018.
    /// </summary>
    /// <param name="minimumSteps">The first rung of the first ladder.</param>
    /// <param name="maximumSteps">The length of a whole trial.</param>
    /// <param name="reduction">How many trials compete for one place on the next rung.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside of its range.</exception>
    public static Pruner Hyperband(int minimumSteps, int maximumSteps, int reduction = 3)
    {
        CheckLadder(minimumSteps, maximumSteps, reduction);
        int[] rungs = LadderPruner.Rungs(minimumSteps, maximumSteps, reduction);
        int[][] ladders = [.. Enumerable.Range(0, rungs.Length + 1).Select(skip => rungs[skip..])];

        // As many trials as the synchronous form begins in each bracket.
        double[] shares = [.. ladders.Select(ladder => Math.Ceiling(ladders.Length * Math.Pow(reduction, ladder.Length) / (ladder.Length + 1)))];
        return new LadderPruner(ladders, shares, reduction);
    }

    private static void CheckLadder(int minimumSteps, int maximumSteps, int reduction)
    {
        Require.That(minimumSteps >= 1, nameof(minimumSteps), "at least 1", minimumSteps, "It is the first rung.");
        Require.That(maximumSteps > minimumSteps, nameof(maximumSteps), $"above minimumSteps {minimumSteps}", maximumSteps, "It is the length of a whole trial.");
        Require.That(reduction >= 2, nameof(reduction), "at least 2", reduction, "3 keeps the best third.");
    }

    private sealed class NoPruner : Pruner
    {
        public override bool ComparesUnfinishedTrials => false;
    }
}
