namespace Microsoft.ML.TrainerSearch;

/// <summary>What to do after a report.</summary>
public enum TrialSignal
{
    /// <summary>Train on.</summary>
    Continue,

    /// <summary>A rung is reached: save a checkpoint, call <see cref="Trial.Pause"/> and return.</summary>
    Pause,

    /// <summary>The trial is not worth more steps and is already marked as pruned: return.</summary>
    Stop,
}

/// <summary>A trial in the hands of the worker that claimed it.</summary>
/// <remarks>Members throw <see cref="TrialLostException"/> if the worker was taken for dead and another one has the trial now.</remarks>
public sealed class Trial
{
    private readonly Study study;
    private int spentTo;

    internal Trial(Study study, TrialRow row, Configuration configuration)
    {
        this.study = study;
        Claim = row;
        Configuration = configuration;
        spentTo = ResumeFrom;
    }

    internal TrialRow Claim { get; }

    internal bool IsOpen { get; set; } = true;

    internal TrialSignal LastSignal { get; private set; }

    /// <summary>The number within the study, from 0.</summary>
    public int Number => Claim.Number;

    /// <summary>What to try.</summary>
    public Configuration Configuration { get; }

    /// <summary>The step after which to continue: 0, or where <see cref="Checkpoint"/> was saved.</summary>
    public int ResumeFrom => Claim.Checkpoint is null ? 0 : Claim.Reached;

    /// <summary>Where to continue: what the objective gave to <see cref="Save"/> or <see cref="Pause"/> last; null to begin at the beginning.</summary>
    public string? Checkpoint => Claim.Checkpoint;

    /// <summary>The step at which the trial will be asked to pause; <see cref="int.MaxValue"/> to run to its end.</summary>
    public int Target => Claim.Target;

    /// <summary>Reports the metric after <paramref name="step"/> steps (usually epochs) and asks whether to train on.</summary>
    /// <param name="step">Steps trained so far, from 1.</param>
    /// <param name="value">The metric; NaN is allowed and never best.</param>
    /// <param name="rate">The learning rate there, for plots.</param>
    /// <param name="isJudged">True for the value of a decay branch forked at this step: give it before <see cref="Pause"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="step"/> is below 1.</exception>
    public TrialSignal Report(int step, double value, double? rate = null, bool isJudged = false)
    {
        Require.That(step >= 1, nameof(step), "at least 1", step, "Report after the step.");
        int spent = isJudged ? 0 : Math.Max(0, step - spentTo);
        spentTo = Math.Max(spentTo, isJudged ? spentTo : step);
        return LastSignal = study.Report(this, new TrialReport(step, value, rate, isJudged), spent);
    }

    /// <summary>Adds steps that were trained beside the trial's own line, such as a decay branch that is thrown away, to its cost.</summary>
    public void Charge(int steps)
    {
        Require.That(steps >= 0, nameof(steps), "zero or more", steps, "It counts trained steps.");
        study.Update(this, row => row with { Spent = row.Spent + steps });
    }

    /// <summary>Says that training goes on after <paramref name="step"/>: steps up to there were trained before, by this trial or by another one.</summary>
    internal void ContinueAfter(int step) => spentTo = step;

    /// <summary>Records that everything up to <paramref name="step"/> is in <paramref name="checkpoint"/>: if this worker dies, another one continues there.</summary>
    public void Save(int step, string checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        study.Update(this, row => row with { Reached = step, Checkpoint = checkpoint });
    }

    /// <summary>Ends this claim at a rung: the trial waits to be promoted.</summary>
    /// <param name="checkpoint">Where to continue, in the objective's own words, usually a path; null if it cannot: then a promoted trial begins again.</param>
    public void Pause(string? checkpoint) => study.Update(this, row => row with
    {
        State = TrialState.Paused,
        Reached = row.Target,
        Checkpoint = checkpoint,
    }, ends: true);

    /// <summary>Ends the trial with its final value.</summary>
    public void Complete(double value) => study.Finish(this, TrialState.Complete, value, null);

    /// <summary>Ends the trial as not worth more steps.</summary>
    public void Prune() => study.Finish(this, TrialState.Pruned, null, null);

    /// <summary>Ends the trial as failed.</summary>
    public void Fail(Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        study.Finish(this, TrialState.Failed, null, $"{error.GetType().Name}: {error.Message}");
    }

    /// <summary>Returns the trial to the queue with its last checkpoint, as when its worker had died.</summary>
    public void Release() => study.Release(this);
}

/// <summary>The trial belongs to another worker now: this one had not shown life for too long. Drop what you have.</summary>
public sealed class TrialLostException(int number)
    : InvalidOperationException($"Trial {number} was given to another worker because this one had shown no life for too long. Drop its result, or allow more time in StaleAfter.");

/// <summary>Too many trials failed in a row: the setup is wrong, not a configuration. The inner exception is the last failure of this worker, if it had one.</summary>
public sealed class StudyFailedException(int failures, string lastError, Exception? inner)
    : InvalidOperationException($"The study ended because {failures} trials in a row failed, the last one with '{lastError}'. Correct the cause and run again: the study continues.", inner);
