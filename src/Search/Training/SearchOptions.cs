namespace Microsoft.ML.TrainerSearch;

/// <summary>How <c>Search</c> works: budget, sampler, pruner, storage. Copied when the search begins.</summary>
public sealed class SearchOptions
{
    /// <summary>Trials in the whole study, those of other workers and earlier runs included. Default: 40.</summary>
    public int? MaximumTrials { get; set; } = 40;

    /// <summary>Epochs trained in the whole study, after which no trial is started or promoted. Default: null, no limit.</summary>
    public long? MaximumEpochs { get; set; }

    /// <summary>Time for this run, after which no trial is started. Default: null, no limit.</summary>
    public TimeSpan? MaximumTime { get; set; }

    /// <summary>Proposes configurations. Default: null, <see cref="Samplers.Tpe"/> with <see cref="Seed"/>.</summary>
    public Sampler? Sampler { get; set; }

    /// <summary>Decides which trials are worth more epochs; its steps are epochs. Default: none.</summary>
    public Pruner Pruner { get; set; } = Pruners.None;

    /// <summary>Where the study is kept; it is not disposed. Default: null, in memory.</summary>
    public IStudyStorage? Storage { get; set; }

    /// <summary>
    /// Where checkpoints and the best models, <c>trial-7.zip</c>, are kept, for every worker of the study; models that are no longer among the
    /// best are deleted. Default: null, a temporary folder that is deleted.
    /// </summary>
    public string? Folder { get; set; }

    /// <summary>How many of the best trials keep their models, for <see cref="SearchResult{TOptions, TMetrics}.BestModels"/>. Default: 1.</summary>
    public int ModelsKept { get; set; } = 1;

    /// <summary>Steps that are not searched, such as one-hot encoding and normalisation: fitted once, their output is cached. Default: null, none.</summary>
    public IEstimator<ITransformer>? Preparation { get; set; }

    /// <summary>Folds of cross-validation, used when there are no validation rows. Default: 5.</summary>
    public int NumberOfFolds { get; set; } = 5;

    /// <summary>The seed of the sampler and, where the options leave it open, of every trial. Default: 0.</summary>
    public int Seed { get; set; }

    /// <summary>How pruners compare trials whose schedules differ. Default: <see cref="RungComparison.LikeWithLike"/>.</summary>
    public RungComparison Comparison { get; set; }

    /// <summary>
    /// Whether trials that agree on everything until a point of their schedules share the training up to there. Writes a
    /// checkpoint per epoch of every horizon-free phase. Default: false.
    /// </summary>
    public bool ShareTrunks { get; set; }

    /// <summary>Epochs between checkpoints for the case that a worker dies; 0 for none. Default: 10, used with a <see cref="Folder"/> only.</summary>
    public int CheckpointEveryEpochs { get; set; } = 10;

    /// <summary>Failed trials in a row that end the study with an error. Default: 5.</summary>
    public int MaximumFailuresInARow { get; set; } = 5;

    /// <summary>Told of every epoch and every ended trial, on the thread of the search. Default: null.</summary>
    public IProgress<SearchProgress>? Progress { get; set; }

    /// <summary>Ends the search within one step; the best model so far is returned. Default: none.</summary>
    public CancellationToken CancellationToken { get; set; }

    internal SearchOptions Copy()
    {
        ArgumentNullException.ThrowIfNull(Pruner);
        Require.That(MaximumTrials is not null || MaximumEpochs is not null || MaximumTime is not null || Sampler is GridSampler, nameof(MaximumTrials), "set when no other budget is", null, "A search needs an end: trials, epochs or time.");
        Require.That(ModelsKept >= 1, nameof(ModelsKept), "at least 1", ModelsKept, "The best model is always kept.");
        Require.That(NumberOfFolds >= 2, nameof(NumberOfFolds), "at least 2", NumberOfFolds, "5 is usual.");
        Require.That(CheckpointEveryEpochs >= 0, nameof(CheckpointEveryEpochs), "zero or more", CheckpointEveryEpochs, "0 writes none.");
        return (SearchOptions)MemberwiseClone();
    }
}

/// <summary>
/// How trials are compared before their end. In mid-flight the rates of a cosine and of a constant schedule are at different
/// heights, and a lower rate looks better than it is.
/// </summary>
public enum RungComparison
{
    /// <summary>
    /// A schedule that does not depend on its horizon until it decays (warmup-stable-decay, constant, inverse square root) is
    /// judged at a rung by a short decay forked off its trunk, which goes on if the trial is promoted. A schedule with a fixed
    /// horizon (cosine, linear, one-cycle) is judged so too where its rate is still within a third of its peak: up to there it has
    /// trained as the others have. Elsewhere, in its warmup or far down its decay, it is compared in mid-flight, only with its own kind.
    /// </summary>
    LikeWithLike,

    /// <summary>
    /// Every schedule that decays is judged by a fork at every rung, and all trials compare. Where the rate of a schedule with a fixed
    /// horizon is far from its peak the fork says how good the weights are, not how good the rest of its own curve will be: an explicit choice.
    /// </summary>
    ForkAll,

    /// <summary>All trials are compared as they are, whatever their rates: an explicit choice.</summary>
    MidFlight,
}

/// <summary>What a running search tells.</summary>
/// <param name="Trial">The trial at work.</param>
/// <param name="State">Running during its epochs, else how it ended or paused.</param>
/// <param name="Epoch">Epochs trained so far.</param>
/// <param name="Loss">The validation loss after that epoch; NaN without.</param>
/// <param name="Rate">The learning rate there.</param>
/// <param name="Metric">The metric of a complete trial.</param>
/// <param name="BestMetric">The best metric of the study so far, updated when trials end.</param>
public sealed record SearchProgress(int Trial, TrialState State, int Epoch, double Loss, double? Rate, double? Metric, double? BestMetric);
