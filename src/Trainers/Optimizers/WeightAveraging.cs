using System.Runtime.CompilerServices;
using Microsoft.ML.Trainers.Torch.Lanes;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// An average of the weights over the steps of a run. The trainer validates, saves and returns the average; training goes on from
/// the weights themselves.
/// <code>
/// Optimizers.AdamW() with { Averaging = WeightAveraging.Exponential(0.999) }
/// Optimizers.Sgd(0.1, momentum: 0.9) with { Averaging = WeightAveraging.Stochastic(start: 750, every: 50) }
/// </code>
/// </summary>
public abstract record WeightAveraging
{
    private const string Slot = "average";
    private const string Seen = "averaged";

    private protected WeightAveraging(long start, long every)
    {
        Start = start >= 0 ? start : throw Require.Error(nameof(start), "at least 0", start, "It is the number of steps before the first average.");
        Every = every >= 1 ? every : throw Require.Error(nameof(every), "at least 1", every, "1 averages over every step.");
    }

    /// <summary>Steps before the first average.</summary>
    public long Start { get; }

    /// <summary>Steps from one average to the next.</summary>
    public long Every { get; }

    /// <summary>
    /// An exponential moving average: after the first step the weights themselves, then average = d average + (1 - d) weights,
    /// with d = min(decay, (1 + n) / (10 + n)) at the n-th step when warming up, else d = decay.
    /// Polyak and Juditsky 1992; timm and optax call it EMA.
    /// </summary>
    /// <param name="decay">The part that is kept, at least 0 and below 1.</param>
    /// <param name="warmUp">Whether the average follows faster in the first steps.</param>
    /// <param name="start">Steps before the first average, at least 0.</param>
    /// <param name="every">Steps from one average to the next, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static WeightAveraging Exponential(double decay = 0.999, bool warmUp = true, long start = 0, long every = 1) =>
        new ExponentialAveraging(decay, warmUp, start, every);

    /// <summary>
    /// The equal average of the weights after every <paramref name="every"/> steps from <paramref name="start"/> on: stochastic weight
    /// averaging. Izmailov et al. 2018, arXiv:1803.05407.
    /// </summary>
    /// <param name="start">Steps before the first average, at least 0; three quarters of the run is usual.</param>
    /// <param name="every">Steps from one average to the next, at least 1; an epoch is usual.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static WeightAveraging Stochastic(long start, long every = 1) => new StochasticAveraging(start, every);

    /// <summary>How much of the n-th set of weights goes into the average; 1 replaces it.</summary>
    internal abstract double Share(double n);

    internal bool HasStarted(Scalars state) => state[Seen] > 0;

    internal Span<T> Of<T>(Parameters<T> p) where T : struct, ILane<T> => p[Slot];

    /// <summary>Counts a step; called once per step and group.</summary>
    internal void Begin(Scalars state, Moment now)
    {
        ref double seen = ref state[Seen];
        if (IsDue(now)) seen++;
    }

    /// <summary>Takes the weights after a step into the average.</summary>
    internal void Observe<T>(Parameters<T> p, Moment now, Scalars state) where T : struct, ILane<T>
    {
        Span<T> average = p[Slot];
        if (IsDue(now)) p.Apply(new Mix<T>(average, Share(state[Seen])));
    }

    private bool IsDue(Moment now) => now.T > Start && (now.T - Start - 1) % Every == 0;

    private readonly ref struct Mix<T>(Span<T> average, double share) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> average = average;

        private readonly T share = share, keep = 1 - share;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            average[i] = keep * average[i] + share * w;
            return w;
        }
    }
}

/// <summary>See <see cref="WeightAveraging.Exponential"/>.</summary>
internal sealed record ExponentialAveraging : WeightAveraging
{
    public ExponentialAveraging(double decay, bool warmUp, long start, long every) : base(start, every)
    {
        Decay = Require.Fraction(decay, name: nameof(decay));
        WarmUp = warmUp;
    }

    public double Decay { get; }

    public bool WarmUp { get; }

    internal override double Share(double n) => n <= 1 ? 1 : 1 - (WarmUp ? Math.Min(Decay, (1 + n) / (10 + n)) : Decay);
}

/// <summary>See <see cref="WeightAveraging.Stochastic"/>.</summary>
internal sealed record StochasticAveraging(long First, long Interval) : WeightAveraging(First, Interval)
{
    internal override double Share(double n) => 1 / Math.Max(1, n);
}
