namespace Microsoft.ML.TrainerSearch;

/// <summary>
/// Proposes the next configuration. A sampler holds no state: what it proposes depends on its options, the trial's number
/// and the trials stored so far, so that any worker may ask and a study can be resumed anywhere.
/// </summary>
public abstract class Sampler
{
    /// <summary>The next configuration, or null when there is nothing left to try.</summary>
    /// <param name="study">All trials so far, and what better means.</param>
    /// <param name="number">The number of the new trial.</param>
    /// <param name="given">Values to keep as they are (a start), or null.</param>
    public abstract Proposal? Propose(StudyView study, int number, Configuration? given);
}

/// <summary>A proposed configuration.</summary>
/// <param name="Configuration">Every active parameter has a value.</param>
/// <param name="Origin">A word for tables and for the sampler itself.</param>
public sealed record Proposal(Configuration Configuration, string Origin);
