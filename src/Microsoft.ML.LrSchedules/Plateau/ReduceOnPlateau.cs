namespace Microsoft.ML.LrSchedules;

/// <summary>
/// Lowers the rate when a metric stops improving: a state machine beside the schedules, because it cannot be a function of the step. Its factor
/// multiplies a schedule's, so it works alone, after a warmup or times any curve.
/// <code>
/// an observation is better if   metric &lt; best (1 - threshold)     (relative, minimised)
///                               metric &lt; best - threshold         (absolute, minimised)
///                               metric &gt; best (1 + threshold), metric &gt; best + threshold   (maximised)
/// NaN is never better. After more than patience observations in a row that are not better, the factor becomes
/// max(factor Factor, Minimum) if that changes it by more than SmallestChange; during the next Cooldown observations none counts as bad.
/// </code>
/// Elsewhere: PyTorch ReduceLROnPlateau, Keras callback, timm PlateauLRScheduler, scikit-learn adaptive.
/// An immutable value; the state is a value too and can be saved with a checkpoint.
/// </summary>
public sealed record ReduceOnPlateau
{
    /// <summary>Whether a larger metric is better. False by default, as for a loss.</summary>
    public bool Maximize { get; init; }

    /// <summary>What the factor is multiplied by, in (0, 1). 0.1 by default.</summary>
    public double Factor
    {
        get;
        init => field = value is > 0 and < 1 ? value : throw Guard.Out(nameof(Factor), "above 0 and below 1", value, "0.5 halves the rate.");
    } = 0.1;

    /// <summary>How many observations in a row may be bad without consequence, at least 0. 10 by default.</summary>
    public int Patience
    {
        get;
        init => field = Guard.AtLeast(0, value, "0 lowers the rate at the first bad observation.", nameof(Patience));
    } = 10;

    /// <summary>How much better counts as better, at least 0. 1e-4 by default.</summary>
    public double Threshold
    {
        get;
        init => field = Guard.NotNegative(value, "0 counts any improvement.", nameof(Threshold));
    } = 1e-4;

    /// <summary>Whether the threshold is a difference instead of a part of the best metric. False by default.</summary>
    public bool AbsoluteThreshold { get; init; }

    /// <summary>How many observations after a reduction are not counted, at least 0. 0 by default.</summary>
    public int Cooldown
    {
        get;
        init => field = Guard.AtLeast(0, value, "0 counts on at once.", nameof(Cooldown));
    }

    /// <summary>The smallest factor, in [0, 1]. 0 by default.</summary>
    public double Minimum
    {
        get;
        init => field = Guard.Between(0, 1, value, "It is a part of the rate without reductions.", nameof(Minimum));
    }

    /// <summary>A reduction by this or less is not made, at least 0. 1e-8 by default.</summary>
    public double SmallestChange
    {
        get;
        init => field = Guard.NotNegative(value, "0 makes every reduction.", nameof(SmallestChange));
    } = 1e-8;

    /// <summary>The state before any observation.</summary>
    public PlateauState Start => new(Best: null, BadInARow: 0, CooldownLeft: 0, Factor: 1);

    /// <summary>The state after one more observation of the metric, usually at the end of an epoch.</summary>
    /// <param name="state">The state before; it is not changed.</param>
    /// <param name="metric">The metric. NaN and infinities count as bad.</param>
    public PlateauState Observe(PlateauState state, double metric)
    {
        ArgumentNullException.ThrowIfNull(state);
        bool better = IsBetter(metric, state.Best);
        int bad = better ? 0 : state.BadInARow + 1;
        int cooldown = state.CooldownLeft;
        if (cooldown > 0)
        {
            cooldown--;
            bad = 0;
        }
        double factor = state.Factor;
        if (bad > Patience)
        {
            double lower = Math.Max(factor * Factor, Minimum);
            factor = factor - lower > SmallestChange ? lower : factor;
            cooldown = Cooldown;
            bad = 0;
        }
        return new PlateauState(better ? metric : state.Best, bad, cooldown, factor);
    }

    private bool IsBetter(double metric, double? soFar)
    {
        if (!double.IsFinite(metric))
            return false;
        if (soFar is not { } best)
            return true;
        double margin = AbsoluteThreshold ? Threshold : Threshold * best;
        return Maximize ? metric > best + margin : metric < best - margin;
    }
}

/// <summary>What a <see cref="ReduceOnPlateau"/> remembers between observations: plain data for a checkpoint.</summary>
/// <param name="Best">The best metric so far; null before the first finite one.</param>
/// <param name="BadInARow">Observations since, as far as they count.</param>
/// <param name="CooldownLeft">Observations that will not count.</param>
/// <param name="Factor">What the schedule is multiplied by, in (0, 1].</param>
public sealed record PlateauState(double? Best, int BadInARow, int CooldownLeft, double Factor);
