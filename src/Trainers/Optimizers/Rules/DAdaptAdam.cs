using System.Runtime.CompilerServices;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch.Lanes;
using static System.Math;
using static Microsoft.ML.Trainers.Torch.Lanes.Lane;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Adam with D-adaptation: it estimates its own rate; leave the rate at 1 and choose only a schedule.
/// <code>
/// r  = d rate
/// a  = sqrt(beta2) a + (1 - sqrt(beta2)) r (g . s / (sqrt(v) + epsilon))
/// m  = beta1 m + (1 - beta1) r g,   v = beta2 v + (1 - beta2) g^2
/// s  = sqrt(beta2) s + (1 - sqrt(beta2)) r g
/// d  = max(d, a / ((1 - sqrt(beta2)) |s|_1))
/// w -= m / (sqrt(v) + epsilon)
/// </code>
/// Defazio and Mishchenko 2023, Learning-rate-free learning by D-adaptation, arXiv:2301.07733. Equals dadaptation's DAdaptAdam.
/// Each group estimates its own d.
/// </summary>
public sealed record DAdaptAdam : Optimizer
{
    internal DAdaptAdam() : base(1)
    {
    }

    /// <summary>The part of the mean gradient that is kept, at least 0 and below 1. Default 0.9.</summary>
    public ScheduledValue Beta1 { get; init => field = Require.Fraction(value); } = 0.9;

    /// <summary>The part of the mean square that is kept, at least 0 and below 1. Default 0.999.</summary>
    public double Beta2 { get; init => field = Require.Fraction(value); } = 0.999;

    /// <summary>Keeps the division finite; above 0. Default 1e-8.</summary>
    public double Epsilon { get; init => field = Require.Positive(value, "1e-8 is usual."); } = 1e-8;

    /// <summary>The first estimate, above 0. Default 1e-6.</summary>
    public double FirstEstimate { get; init => field = Require.Positive(value, "1e-6 is usual."); } = 1e-6;

    /// <summary>The largest factor by which the estimate may grow in a step, at least 1. Null: any.</summary>
    public double? GrowthRate { get; init => field = ParameterFree.Growth(value); }

    /// <summary>Whether the means are corrected for starting at zero. Default false.</summary>
    public bool BiasCorrection { get; init; }

    internal override bool IsElementwise => false;

    internal override void Step<T>(Parameters<T> p, Moment now)
    {
        Span<T> s = p["s"];
        ref double d = ref p.Scalars["d", FirstEstimate], numerator = ref p.Scalars["numerator"], steps = ref p.Scalars["steps"];
        double bias = BiasCorrection ? Sqrt(1 - Pow(Beta2, steps + 1)) / (1 - Pow(now[Beta1], steps + 1)) : 1;
        double rate = d * now.Rate * bias, root = Sqrt(Beta2);

        double along = rate * p.Sum(new Along<T>(this, p, now));
        p.Apply(new Averages<T>(this, p, now, rate));
        double travelled = now.Rate > 0 ? p.SumOfMagnitudes(s) : 0;
        if (travelled != 0)
        {
            numerator = root * numerator + (1 - root) * along;
            d = ParameterFree.Grown(d, numerator / ((1 - root) * travelled), GrowthRate);
            steps++;
        }
        p.Apply(new Move<T>(this, p, now, rate, travelled != 0));
    }

    private readonly ref struct Along<T>(DAdaptAdam o, Parameters<T> p, Moment now) : ITerm<T> where T : struct, ILane<T>
    {
        private readonly ReadOnlySpan<T> w = p.Weights, g = p.Gradients, s = p["s"], v = p["v"];
        private readonly T decay = now.Coupled, epsilon = o.Epsilon;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T At(int i) => (g[i] + decay * w[i]) * (s[i] / (Sqrt(v[i]) + epsilon));
    }

    private readonly ref struct Averages<T>(DAdaptAdam o, Parameters<T> p, Moment now, double rate) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> m = p["m"], v = p["v"], s = p["s"];
        private readonly bool on = now.Rate > 0;

        private readonly T decay = now.Coupled,
                           beta1 = now[o.Beta1], gain1 = rate * (1 - now[o.Beta1]),
                           beta2 = o.Beta2, gain2 = 1 - o.Beta2,
                           root = Sqrt(o.Beta2), gain3 = rate * (1 - Sqrt(o.Beta2));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            if (!on) return w;
            g += decay * w;
            m[i] = beta1 * m[i] + gain1 * g;
            v[i] = beta2 * v[i] + gain2 * g * g;
            s[i] = root * s[i] + gain3 * g;
            return w;
        }
    }

    private readonly ref struct Move<T>(DAdaptAdam o, Parameters<T> p, Moment now, double rate, bool on) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> m = p["m"], v = p["v"];

        private readonly T keep = !on ? 1 : o.DecayKind == WeightDecayKind.Decoupled ? 1 - now.Decay * rate : now.Keep,
                           step = on ? 1 : 0, epsilon = o.Epsilon;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g) => keep * w - step * m[i] / (Sqrt(v[i]) + epsilon);
    }
}
