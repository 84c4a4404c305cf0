using System.Runtime.CompilerServices;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch.Lanes;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Gradient descent with D-adaptation: it estimates its own rate; leave the rate at 1 and choose only a schedule.
/// <code>
/// g += decay w,   r = d rate / |g_1|
/// a += r (g . s),   s += r g
/// d  = max(d, 2 a / |s|)
/// w  = momentum w + (1 - momentum) (w_0 - s)
/// </code>
/// Defazio and Mishchenko 2023, Learning-rate-free learning by D-adaptation, arXiv:2301.07733. Equals dadaptation's DAdaptSGD.
/// Each group estimates its own d.
/// </summary>
public sealed record DAdaptSgd : Optimizer
{
    internal DAdaptSgd() : base(1)
    {
    }

    /// <summary>The part of the velocity that is kept, at least 0 and below 1. Default 0.</summary>
    public ScheduledValue Momentum { get; init => field = Require.Fraction(value); } = 0;

    /// <summary>The first estimate, above 0. Default 1e-6.</summary>
    public double FirstEstimate { get; init => field = Require.Positive(value, "1e-6 is usual."); } = 1e-6;

    /// <summary>The largest factor by which the estimate may grow in a step, at least 1. Null: any.</summary>
    public double? GrowthRate { get; init => field = ParameterFree.Growth(value); }

    internal override bool IsElementwise => false;

    internal override bool OnlyCoupledDecay => true;

    internal override void Step<T>(Parameters<T> p, Moment now)
    {
        Span<T> s = p["s"], start = p["start"];
        if (now.T == 1) p.Copy(p.Weights, start);
        ref double d = ref p.Scalars["d", FirstEstimate], numerator = ref p.Scalars["numerator"], first = ref p.Scalars["first_norm"];
        if (first == 0) first = p.Norm(p.Gradients);
        double rate = first == 0 ? 0 : d * now.Rate / first;

        numerator += rate * p.Sum(new Along<T>(p, now));
        p.Apply(new Averages<T>(p, now, rate));
        double travelled = p.Norm(s);
        if (travelled != 0 && now.Rate > 0) d = ParameterFree.Grown(d, 2 * numerator / travelled, GrowthRate);
        p.Apply(new Move<T>(this, p, now, travelled != 0));
    }

    private readonly ref struct Along<T>(Parameters<T> p, Moment now) : ITerm<T> where T : struct, ILane<T>
    {
        private readonly ReadOnlySpan<T> w = p.Weights, g = p.Gradients, s = p["s"];
        private readonly T decay = now.Coupled;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T At(int i) => (g[i] + decay * w[i]) * s[i];
    }

    private readonly ref struct Averages<T>(Parameters<T> p, Moment now, double rate) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> s = p["s"];
        private readonly T decay = now.Coupled, gain = rate;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            s[i] += gain * (g + decay * w);
            return w;
        }
    }

    private readonly ref struct Move<T>(DAdaptSgd o, Parameters<T> p, Moment now, bool on) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> s = p["s"], start = p["start"];
        private readonly T momentum = on ? now[o.Momentum] * now.Keep : 1, share = on ? 1 - now[o.Momentum] : 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g) => momentum * w + share * (start[i] - s[i]);
    }
}
