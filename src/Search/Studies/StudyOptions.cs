namespace Microsoft.ML.TrainerSearch;

/// <summary>How a study searches. Copied when the study is opened: later changes do nothing.</summary>
public sealed class StudyOptions
{
    /// <summary>Proposes configurations. Default: <see cref="Samplers.Tpe"/>.</summary>
    public Sampler Sampler { get; set; } = Samplers.Tpe();

    /// <summary>Decides which trials are worth more steps. Default: none, every trial runs to its end.</summary>
    public Pruner Pruner { get; set; } = Pruners.None;

    /// <summary>Where the study is kept; the study does not dispose it. Default: null, in memory.</summary>
    public IStudyStorage? Storage { get; set; }

    /// <summary>True if greater values are better. Default: false.</summary>
    public bool Maximize { get; set; }

    /// <summary>Trials in the whole study, those of other workers and earlier runs included. Default: null, no limit.</summary>
    public int? MaximumTrials { get; set; }

    /// <summary>Steps (usually epochs) trained in the whole study, after which no trial is started or promoted. Default: null, no limit.</summary>
    public long? MaximumSteps { get; set; }

    /// <summary>Time for one run of <see cref="Study.Optimize"/>, after which no trial is started. Default: null, no limit.</summary>
    public TimeSpan? MaximumTime { get; set; }

    /// <summary>Failed trials in a row that end the study with an error: then it is the setup that is wrong, not a configuration. Default: 5.</summary>
    public int MaximumFailuresInARow { get; set; } = 5;

    /// <summary>How often a trial is given to another worker after its worker died, before it counts as failed. Default: 10.</summary>
    public int MaximumAttempts { get; set; } = 10;

    /// <summary>How often a worker shows life. Default: 5 seconds.</summary>
    public TimeSpan HeartbeatInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Without a heartbeat for so long a running trial returns to the queue. Clocks of different hosts must agree better than that. Default: 60 seconds. A dead process on the same host is noticed at once.</summary>
    public TimeSpan StaleAfter { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How often a worker without work looks whether others have left some. Default: 0.2 seconds.</summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(0.2);

    /// <summary>
    /// The pool of a configuration: pruners compare values of unfinished trials only within one. Values judged by a forked decay are in the pool
    /// with the empty name. Default: null, one pool.
    /// </summary>
    public Func<Configuration, string>? Pool { get; set; }

    /// <summary>The clock of heartbeats and the time budget. Default: the system's.</summary>
    public TimeProvider Clock { get; set; } = TimeProvider.System;

    internal StudyOptions Copy()
    {
        ArgumentNullException.ThrowIfNull(Sampler);
        ArgumentNullException.ThrowIfNull(Pruner);
        ArgumentNullException.ThrowIfNull(Clock);
        Require.That(MaximumTrials is null or > 0, nameof(MaximumTrials), "above zero or null", MaximumTrials, "Null sets no limit.");
        Require.That(MaximumSteps is null or > 0, nameof(MaximumSteps), "above zero or null", MaximumSteps, "Null sets no limit.");
        Require.That(MaximumTime is null || MaximumTime > TimeSpan.Zero, nameof(MaximumTime), "above zero or null", MaximumTime, "Null sets no limit.");
        Require.That(MaximumFailuresInARow > 0, nameof(MaximumFailuresInARow), "above zero", MaximumFailuresInARow, "Use int.MaxValue to go on whatever fails.");
        Require.That(MaximumAttempts > 0, nameof(MaximumAttempts), "above zero", MaximumAttempts, "One attempt means that the trial of a dead worker has failed.");
        Require.That(HeartbeatInterval > TimeSpan.Zero, nameof(HeartbeatInterval), "above zero", HeartbeatInterval, "A few seconds are enough.");
        Require.That(StaleAfter > HeartbeatInterval, nameof(StaleAfter), "longer than HeartbeatInterval", StaleAfter, "Allow several missed heartbeats.");
        Require.That(PollInterval > TimeSpan.Zero, nameof(PollInterval), "above zero", PollInterval, "A fraction of a second is enough.");
        return (StudyOptions)MemberwiseClone();
    }
}
