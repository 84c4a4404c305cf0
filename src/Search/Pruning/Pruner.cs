namespace Microsoft.ML.TrainerSearch;

/// <summary>
/// Decides which trials are worth more steps. A pruner holds no state: it looks at the stored reports only, so that any
/// worker may ask and a study can be resumed anywhere. Trials are compared only within one pool.
/// </summary>
public abstract class Pruner
{
    /// <summary>
    /// The step at which <paramref name="trial"/>, which has reached <see cref="TrialRecord.Reached"/>, pauses next to be
    /// judged; null to run to its end.
    /// </summary>
    public virtual int? NextPause(TrialRecord trial) => null;

    /// <summary>True to stop <paramref name="trial"/>, whose last report is at <paramref name="step"/>, for good.</summary>
    public virtual bool ShouldStop(StudyView study, TrialRecord trial, int step) => false;

    /// <summary>The paused trial that has earned more steps; null for none.</summary>
    public virtual TrialRecord? Promote(StudyView study) => null;

    /// <summary>True if values of the same step are compared before trials end: trials whose rates are at different heights then need different pools.</summary>
    public virtual bool ComparesUnfinishedTrials => true;
}
