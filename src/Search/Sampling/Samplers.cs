namespace Microsoft.ML.TrainerSearch;

/// <summary>The built-in samplers.</summary>
public static class Samplers
{
    /// <summary>Independent uniform values; trial n depends on <paramref name="seed"/> and n only.</summary>
    public static Sampler Random(long seed = 0) => new RandomSampler(seed);

    /// <summary>Every combination once; a continuous parameter takes <paramref name="points"/> evenly spaced values.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="points"/> is below 1.</exception>
    public static Sampler Grid(int points = 5)
    {
        Require.That(points >= 1, nameof(points), "at least 1", points, "It is the number of values of each continuous parameter.");
        return new GridSampler(points);
    }

    /// <summary>Points that fill the space more evenly than random ones (scrambled Halton); trial n depends on <paramref name="seed"/> and n only.</summary>
    public static Sampler QuasiRandom(long seed = 0) => new QuasiRandomSampler(seed);

    /// <summary>
    /// Tree-structured Parzen estimator, multivariate, for spaces of any kind, conditional ones too; works with parallel
    /// workers and with pruned trials. The choice when nothing else is known.
    /// </summary>
    /// <param name="seed">Trial n depends on it, on n and on the trials before.</param>
    /// <param name="startupTrials">Trials placed evenly before the model begins.</param>
    /// <param name="candidates">Points drawn per trial, of which the most promising is tried.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="startupTrials"/> or <paramref name="candidates"/> is below 1.</exception>
    public static Sampler Tpe(long seed = 0, int startupTrials = 10, int candidates = 24)
    {
        Require.That(startupTrials >= 1, nameof(startupTrials), "at least 1", startupTrials, "The model needs something to begin with.");
        Require.That(candidates >= 1, nameof(candidates), "at least 1", candidates, "24 is usual.");
        return new TpeSampler(seed, startupTrials, candidates);
    }

    /// <summary>
    /// CMA-ES, for spaces of numbers without conditions and 100 trials or more. A whole number never narrows to less than
    /// a chance of moving by one step.
    /// </summary>
    /// <param name="seed">Trial n depends on it, on n and on the trials before.</param>
    /// <param name="step">The first standard deviation relative to the range of each parameter. Default: 0.12.</param>
    /// <param name="population">Trials per generation. Default: null, 3 + 1.5 ln(number of parameters) and at least 5: fewer than usual, for studies of a few hundred trials.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="step"/> is not in (0, 1], or <paramref name="population"/> is below 4.</exception>
    public static Sampler CmaEs(long seed = 0, double step = 0.12, int? population = null)
    {
        Require.That(step is > 0 and <= 1, nameof(step), "above 0 and at most 1", step, "A smaller step trusts the middle of the space more.");
        Require.That(population is null or >= 4, nameof(population), "at least 4", population, "Null chooses by the number of parameters.");
        return new CmaEsSampler(seed, step, population);
    }
}
