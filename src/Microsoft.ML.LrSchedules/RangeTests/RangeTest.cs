namespace Microsoft.ML.LrSchedules;

/// <summary>
/// The pure part of a learning-rate range test ("LR finder"): which rates to try, when to stop, and what the losses say. The trainer runs it.
/// <code>
/// rate(t)    = lowest (highest / lowest)^(t / (n - 1))        or a straight line
/// smoothed_t = average_t / (1 - s^(t+1)),   average_t = s average_(t-1) + (1 - s) loss_t
/// stop       when a loss is not finite, or smoothed_t &gt; StopFactor times the lowest smoothed loss so far
/// </code>
/// Sources: Smith, Cyclical Learning Rates, 2017, arXiv:1506.01186; Gugger, "How do you find a good learning rate", 2018. Elsewhere: fastai lr_find,
/// Lightning lr_find (which skips the second rate; this does not).
/// </summary>
public sealed record RangeTest
{
    /// <summary>The first rate, above 0. 1e-7 by default.</summary>
    public double LowestRate
    {
        get;
        init => field = Guard.Positive(value, "1e-7 is usual.", nameof(LowestRate));
    } = 1e-7;

    /// <summary>The last rate, above the first. 10 by default.</summary>
    public double HighestRate
    {
        get;
        init => field = Guard.Positive(value, "10 is usual.", nameof(HighestRate));
    } = 10;

    /// <summary>How many rates, at least 2. 100 by default.</summary>
    public int Steps
    {
        get;
        init => field = Guard.AtLeast(2, value, "100 is usual.", nameof(Steps));
    } = 100;

    /// <summary>Whether the rates rise on a straight line instead of by equal factors. False by default.</summary>
    public bool Linear { get; init; }

    /// <summary>How much of the average of the losses before is kept, in [0, 1). 0.98 by default; 0 for none.</summary>
    public double Smoothing
    {
        get;
        init => field = value is >= 0 and < 1 ? value : throw Guard.Out(nameof(Smoothing), "at least 0 and below 1", value, "0.98 is usual, 0 is none.");
    } = 0.98;

    /// <summary>How many times the lowest loss ends the test, above 1. 4 by default.</summary>
    public double StopFactor
    {
        get;
        init => field = value > 1 ? value : throw Guard.Out(nameof(StopFactor), "above 1", value, "4 is usual; infinity never stops.");
    } = 4;

    /// <summary>The rates as a schedule of a run of <see cref="Steps"/> steps, as factors of <see cref="HighestRate"/>.</summary>
    /// <exception cref="ArgumentException">The highest rate is not above the lowest.</exception>
    public LrSchedule Schedule
    {
        get
        {
            if (HighestRate <= LowestRate)
                throw Guard.Out(nameof(HighestRate), $"above the lowest rate, {Guard.Text(LowestRate)},", HighestRate, "The rates of a range test rise.");
            return new Decay(TrainingSpan.Rest, Shape.Linear, LowestRate / HighestRate, 1, EndAt.LastStep, Linear ? ValueScale.Plain : ValueScale.Log);
        }
    }

    /// <summary>The rate of a step.</summary>
    /// <param name="step">At least 0.</param>
    public double RateAt(int step) => HighestRate * Schedule.Bind(TrainingPlan.OfSteps(Steps)).FactorAt(step);

    /// <summary>Whether the losses so far end the test.</summary>
    /// <param name="losses">The loss of each step so far.</param>
    public bool ShouldStop(IReadOnlyList<double> losses)
    {
        if (losses.Count == 0)
            return false;
        double[] smoothed = Smooth(losses);
        return !double.IsFinite(smoothed[^1]) || smoothed[^1] > StopFactor * smoothed.Min();
    }

    /// <summary>The smoothed losses; from the first one that is not finite on, NaN.</summary>
    /// <param name="losses">The loss of each step.</param>
    public double[] Smooth(IReadOnlyList<double> losses)
    {
        var smoothed = new double[losses.Count];
        double average = 0;
        double weight = 1;
        for (int i = 0; i < smoothed.Length; i++)
        {
            average = Smoothing * average + (1 - Smoothing) * losses[i];
            weight *= Smoothing;
            smoothed[i] = double.IsFinite(average) ? average / (1 - weight) : double.NaN;
            average = double.IsFinite(average) ? average : double.NaN;
        }
        return smoothed;
    }

    /// <summary>What the losses of a finished test say.</summary>
    /// <param name="losses">The loss of each step, at least three of them finite from the first on.</param>
    /// <exception cref="ArgumentException">Fewer than three finite losses.</exception>
    public RangeTestResult Analyze(IReadOnlyList<double> losses)
    {
        double[] smoothed = [.. Smooth(losses).TakeWhile(double.IsFinite)];
        if (smoothed.Length < 3)
            throw new ArgumentException($"losses must begin with at least 3 finite numbers but began with {smoothed.Length}. Start from a lower rate or check the data.", nameof(losses));
        BoundSchedule ramp = Schedule.Bind(TrainingPlan.OfSteps(Steps));
        double[] rates = [.. Enumerable.Range(0, smoothed.Length).Select(step => HighestRate * ramp.FactorAt(step))];
        int minimum = Array.IndexOf(smoothed, smoothed.Min());
        return new RangeTestResult(rates, smoothed, rates[Steepest(smoothed)], rates[Valley(smoothed)], rates[minimum] / 10);
    }

    // Where the loss falls fastest per step, which is per factor of the rate.
    private static int Steepest(double[] losses)
    {
        double Slope(int i) => (losses[Math.Min(i + 1, losses.Length - 1)] - losses[Math.Max(i - 1, 0)]) / (Math.Min(i + 1, losses.Length - 1) - Math.Max(i - 1, 0));
        return Enumerable.Range(0, losses.Length).MinBy(Slope);
    }

    // Half way down the longest falling subsequence, counted as fastai does: its first third and half of the next.
    private static int Valley(double[] losses)
    {
        var longest = new int[losses.Length];
        int end = 0;
        for (int i = 0; i < losses.Length; i++)
        {
            longest[i] = 1;
            for (int j = 0; j < i; j++)
            {
                if (losses[i] < losses[j])
                    longest[i] = Math.Max(longest[i], longest[j] + 1);
            }
            if (longest[i] > longest[end])
                end = i;
        }
        int start = Math.Max(0, end - longest[end]);
        double third = (end - start) / 3.0;
        return start + (int)third + (int)(third / 2);
    }
}

/// <summary>What a range test found.</summary>
/// <param name="Rates">The rates up to the last finite loss.</param>
/// <param name="SmoothedLosses">The smoothed loss of each.</param>
/// <param name="Steepest">Where the loss falls fastest.</param>
/// <param name="Valley">Half way down the longest fall: a careful choice, and the one to start with.</param>
/// <param name="MinimumOverTen">A tenth of the rate with the lowest loss.</param>
public sealed record RangeTestResult(IReadOnlyList<double> Rates, IReadOnlyList<double> SmoothedLosses, double Steepest, double Valley, double MinimumOverTen);
