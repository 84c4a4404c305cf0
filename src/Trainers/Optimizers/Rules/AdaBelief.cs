using System.Runtime.CompilerServices;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch.Lanes;
using static System.Math;
using static Microsoft.ML.Trainers.Torch.Lanes.Lane;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Adam that divides by how far gradients deviate from their mean: long steps where the mean is to be believed.
/// <code>
/// w -= rate decay w
/// m  = beta1 m + (1 - beta1) g
/// s  = beta2 s + (1 - beta2) (g - m)^2 + epsilon
/// w -= rate m / (1 - beta1^t) / (sqrt(s / (1 - beta2^t)) + epsilon)        (Rectify: as RAdam)
/// </code>
/// Zhuang et al. 2020, AdaBelief optimizer, arXiv:2010.07468. Equals timm's AdaBelief.
/// </summary>
public sealed record AdaBelief : Optimizer
{
    internal AdaBelief() : base(1e-3) => DecayKind = WeightDecayKind.Decoupled;

    /// <summary>The part of the mean gradient that is kept, at least 0 and below 1. Default 0.9.</summary>
    public ScheduledValue Beta1 { get; init => field = Require.Fraction(value); } = 0.9;

    /// <summary>The part of the mean square that is kept, at least 0 and below 1. Default 0.999.</summary>
    public double Beta2 { get; init => field = Require.Fraction(value); } = 0.999;

    /// <summary>Keeps the division finite; above 0. Default 1e-16.</summary>
    public double Epsilon { get; init => field = Require.Positive(value, "1e-16 is usual."); } = 1e-16;

    /// <summary>Whether the mean square never falls. Default false.</summary>
    public bool AmsGrad { get; init; }

    /// <summary>Whether the adaptive rate waits until its variance is known, as in RAdam. Default true.</summary>
    public bool Rectify { get; init; } = true;

    /// <summary>Whether, while it waits, steps follow the mean gradient; else none are taken. Default true.</summary>
    public bool DegenerateToSgd { get; init; } = true;

    internal override void Step<T>(Parameters<T> p, Moment now) => p.Apply(new Rule<T>(this, p, now));

    private readonly ref struct Rule<T>(AdaBelief o, Parameters<T> p, Moment now) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> m = p["m"], s = p["s"], peak = o.AmsGrad ? p["peak"] : default;

        private readonly T keep = now.Keep, decay = now.Coupled,
                           beta1 = now[o.Beta1], gain1 = 1 - now[o.Beta1],
                           beta2 = o.Beta2, gain2 = 1 - o.Beta2,
                           rate = now.Rate / now.Filled(now[o.Beta1]) * (o.Rectify ? Rectification.Scaled(o.Beta2, now.T, o.DegenerateToSgd) : 1),
                           unbias = o.Rectify ? 1 : 1 / Sqrt(now.Filled(o.Beta2)),
                           epsilon = o.Epsilon;

        private readonly bool plain = o.Rectify && Rectification.Length(o.Beta2, now.T) < 5, rectify = o.Rectify;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            g += decay * w;
            T first = m[i] = beta1 * m[i] + gain1 * g;
            T surprise = g - first;
            T second = s[i] = beta2 * s[i] + gain2 * surprise * surprise + epsilon;
            if (!peak.IsEmpty) peak[i] = Max(peak[i], second);
            if (plain) return keep * w - rate * first;
            if (!peak.IsEmpty && !rectify) second = peak[i];
            return keep * w - rate * first / (unbias * Sqrt(second) + epsilon);
        }
    }
}
