namespace Microsoft.ML.LrSchedules;

public abstract partial record LrSchedule
{
    /// <summary>
    /// How many first steps of a run have the same factors in every longer run over the same data: all for a constant or an inverse
    /// square root, everything before the decay for warmup-stable-decay, only the warmup for warmup-cosine. Runs that agree so far
    /// may share their beginning.
    /// </summary>
    /// <param name="plan">The run.</param>
    /// <param name="peakRate">As for <see cref="Bind"/>.</param>
    public long HorizonFreeSteps(TrainingPlan plan, double? peakRate = null)
    {
        BoundSchedule bound = Bind(plan, peakRate);
        double length = bound.LengthInSteps;
        bool whole = IsHorizonFree && (HasFixedLength || length >= plan.TotalSteps);
        return whole ? plan.TotalSteps : (long)Math.Floor(Math.Min(HorizonFree(new Horizon(plan, peakRate), length), plan.TotalSteps));
    }

    /// <summary>
    /// The same first <paramref name="atStep"/> steps, then another decay: a branch of a run. Up to there the factors are this
    /// schedule's own in a run of <paramref name="plan"/>, whatever the length of the branch's run.
    /// </summary>
    /// <param name="plan">The run of this schedule.</param>
    /// <param name="atStep">Where the branch leaves, at least 1 and at most the steps of the run.</param>
    /// <param name="decay">What follows; without <c>from</c> it starts from the value reached.</param>
    public LrSchedule ForkDecay(TrainingPlan plan, long atStep, LrSchedule decay)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return new Until(this, atStep, plan.TotalSteps).Then(decay);
    }
}
