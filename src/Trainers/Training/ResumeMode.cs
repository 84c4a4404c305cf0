namespace Microsoft.ML.Trainers.Torch;

/// <summary>What of a run may differ from the one whose checkpoint it goes on from.</summary>
public enum ResumeMode
{
    /// <summary>Nothing: the run is the same one, and its end is the same bits as if it had not been interrupted.</summary>
    SameRun,

    /// <summary>
    /// The schedule and the number of epochs, as long as every step so far had the rate that the new schedule gives it: a stable
    /// phase goes on for longer, or a decay branches off from it. The end is the same bits as if the run had been so from the start.
    /// </summary>
    SameRates,
}
