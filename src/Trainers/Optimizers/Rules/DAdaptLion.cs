using System.Runtime.CompilerServices;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch.Lanes;
using static System.Math;
using static Microsoft.ML.Trainers.Torch.Lanes.Lane;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Lion with D-adaptation: it estimates its own rate; leave the rate at 1 and choose only a schedule.
/// <code>
/// r  = d rate,   u = sign(beta1 m + (1 - beta1) g)
/// w  = (1 - r decay) w - r u
/// a  = sqrt(beta2) a + (1 - sqrt(beta2)) r (u . s)
/// m  = beta2 m + (1 - beta2) r g,   s = sqrt(beta2) s + (1 - sqrt(beta2)) r u
/// d  = max(d, a / ((1 - sqrt(beta2)) |s|_1))
/// </code>
/// Defazio and Mishchenko 2023, Learning-rate-free learning by D-adaptation, arXiv:2301.07733. Equals dadaptation's DAdaptLion.
/// Each group estimates its own d.
/// </summary>
public sealed record DAdaptLion : Optimizer
{
    internal DAdaptLion() : base(1) => DecayKind = WeightDecayKind.Decoupled;

    /// <summary>The part of the momentum in the step, at least 0 and below 1. Default 0.9.</summary>
    public ScheduledValue Beta1 { get; init => field = Require.Fraction(value); } = 0.9;

    /// <summary>The part of the momentum that is kept, at least 0 and below 1. Default 0.99.</summary>
    public double Beta2 { get; init => field = Require.Fraction(value); } = 0.99;

    /// <summary>The first estimate, above 0. Default 1e-6.</summary>
    public double FirstEstimate { get; init => field = Require.Positive(value, "1e-6 is usual."); } = 1e-6;

    internal override bool IsElementwise => false;

    internal override void Step<T>(Parameters<T> p, Moment now)
    {
        Span<T> s = p["s"];
        ref double d = ref p.Scalars["d", FirstEstimate], numerator = ref p.Scalars["numerator"];
        double rate = d * now.Rate, root = Sqrt(Beta2);

        double along = rate * p.Sum(new Along<T>(this, p, now));
        p.Apply(new Rule<T>(this, p, now, rate));
        double travelled = p.SumOfMagnitudes(s);
        if (travelled == 0) return;
        numerator = root * numerator + (1 - root) * along;
        if (now.Rate > 0) d = Max(d, numerator / ((1 - root) * travelled));
    }

    private readonly ref struct Along<T>(DAdaptLion o, Parameters<T> p, Moment now) : ITerm<T> where T : struct, ILane<T>
    {
        private readonly ReadOnlySpan<T> w = p.Weights, g = p.Gradients, m = p["m"], s = p["s"];
        private readonly T decay = now.Coupled, beta1 = now[o.Beta1], gain1 = 1 - now[o.Beta1];

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T At(int i) => Sign(beta1 * m[i] + gain1 * (g[i] + decay * w[i])) * s[i];
    }

    private readonly ref struct Rule<T>(DAdaptLion o, Parameters<T> p, Moment now, double lr) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> m = p["m"], s = p["s"];

        private readonly T keep = o.DecayKind == WeightDecayKind.Decoupled ? 1 - now.Decay * lr : now.Keep, decay = now.Coupled,
                           beta1 = now[o.Beta1], gain1 = 1 - now[o.Beta1],
                           beta2 = o.Beta2, gain2 = lr * (1 - o.Beta2),
                           root = Sqrt(o.Beta2), gain3 = lr * (1 - Sqrt(o.Beta2)),
                           rate = lr;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            g += decay * w;
            T direction = Sign(beta1 * m[i] + gain1 * g);
            m[i] = beta2 * m[i] + gain2 * g;
            s[i] = root * s[i] + gain3 * direction;
            return keep * w - rate * direction;
        }
    }
}
