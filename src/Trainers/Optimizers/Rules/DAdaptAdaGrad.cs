using System.Runtime.CompilerServices;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch.Lanes;
using static System.Math;
using static Microsoft.ML.Trainers.Torch.Lanes.Lane;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// AdaGrad with D-adaptation: it estimates its own rate; leave the rate at 1 and choose only a schedule.
/// <code>
/// g += decay w,   r = d rate
/// a += g^2,   s += r g                                           (a starts at 1e-6)
/// q += change of sum s^2 / (sqrt(a) + epsilon),   b += r^2 sum g^2 / (sqrt(a) + epsilon)
/// d  = max(d, (q - b) / |s|_1)
/// w  = momentum w + (1 - momentum) (w_0 - s / (sqrt(a) + epsilon))
/// </code>
/// Defazio and Mishchenko 2023, Learning-rate-free learning by D-adaptation, arXiv:2301.07733. Equals dadaptation's DAdaptAdaGrad.
/// Each group estimates its own d.
/// </summary>
public sealed record DAdaptAdaGrad : Optimizer
{
    internal DAdaptAdaGrad() : base(1)
    {
    }

    /// <summary>The part of the velocity that is kept, at least 0 and below 1. Default 0.</summary>
    public ScheduledValue Momentum { get; init => field = Require.Fraction(value); } = 0;

    /// <summary>Keeps the division finite; above 0. Default 1e-6.</summary>
    public double Epsilon { get; init => field = Require.Positive(value, "1e-6 is usual."); } = 1e-6;

    /// <summary>The first estimate, above 0. Default 1e-6.</summary>
    public double FirstEstimate { get; init => field = Require.Positive(value, "1e-6 is usual."); } = 1e-6;

    /// <summary>The largest factor by which the estimate may grow in a step, at least 1. Null: any.</summary>
    public double? GrowthRate { get; init => field = ParameterFree.Growth(value); }

    internal override bool IsElementwise => false;

    internal override bool OnlyCoupledDecay => true;

    internal override void Step<T>(Parameters<T> p, Moment now)
    {
        Span<T> s = p["s"], start = p["start"], a = p["a", 1e-6], scaled = p["scaled"];
        if (now.T == 1) p.Copy(p.Weights, start);
        ref double d = ref p.Scalars["d", FirstEstimate], squares = ref p.Scalars["gradient_squares"];
        double rate = d * now.Rate;

        p.Apply(new Averages<T>(p, now, rate));
        double distances = p.Sum(new Scaled<T>(this, s, a)), travelled = p.SumOfMagnitudes(s);
        squares += rate * rate * p.Sum(new Scaled<T>(this, scaled, a));
        if (travelled != 0 && now.Rate > 0) d = ParameterFree.Grown(d, (distances - squares) / travelled, GrowthRate);
        p.Apply(new Move<T>(this, p, now, travelled != 0));
    }

    private readonly ref struct Scaled<T>(DAdaptAdaGrad o, ReadOnlySpan<T> x, ReadOnlySpan<T> a) : ITerm<T> where T : struct, ILane<T>
    {
        private readonly ReadOnlySpan<T> x = x, a = a;
        private readonly T epsilon = o.Epsilon;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T At(int i) => x[i] * x[i] / (Sqrt(a[i]) + epsilon);
    }

    private readonly ref struct Averages<T>(Parameters<T> p, Moment now, double rate) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> s = p["s"], a = p["a", 1e-6], scaled = p["scaled"];
        private readonly T decay = now.Coupled, gain = rate;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            g += decay * w;
            a[i] += g * g;
            s[i] += gain * g;
            scaled[i] = g;
            return w;
        }
    }

    private readonly ref struct Move<T>(DAdaptAdaGrad o, Parameters<T> p, Moment now, bool on) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> s = p["s"], start = p["start"], a = p["a", 1e-6];
        private readonly T momentum = on ? now[o.Momentum] * now.Keep : 1, share = on ? 1 - now[o.Momentum] : 0, epsilon = o.Epsilon;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g) => momentum * w + share * (start[i] - s[i] / (Sqrt(a[i]) + epsilon));
    }
}
