using System.Runtime.CompilerServices;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch.Lanes;
using static System.Math;
using static Microsoft.ML.Trainers.Torch.Lanes.Lane;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Adam with friction: steps are shortened where the gradient changes little from one step to the next.
/// <code>
/// m  = beta1 m + (1 - beta1) g,   v = beta2 v + (1 - beta2) g^2            (AmsGrad: the largest v so far)
/// w -= rate / (1 - beta1^t) sigmoid(|g_{t-1} - g|) m / (sqrt(v) + epsilon)  (Rectify: as RAdam)
/// </code>
/// Dubey et al. 2020, diffGrad: an optimization method for convolutional neural networks, arXiv:1909.11015. With Rectify it equals
/// pytorch_optimizer's DiffGrad; without, that one leaves the friction out (<see cref="Friction"/> false).
/// </summary>
public sealed record DiffGrad : Optimizer
{
    internal DiffGrad() : base(1e-3) => DecayKind = WeightDecayKind.Decoupled;

    /// <summary>The part of the mean gradient that is kept, at least 0 and below 1. Default 0.9.</summary>
    public ScheduledValue Beta1 { get; init => field = Require.Fraction(value); } = 0.9;

    /// <summary>The part of the mean square that is kept, at least 0 and below 1. Default 0.999.</summary>
    public double Beta2 { get; init => field = Require.Fraction(value); } = 0.999;

    /// <summary>Keeps the division finite; above 0. Default 1e-8.</summary>
    public double Epsilon { get; init => field = Require.Positive(value, "1e-8 is usual."); } = 1e-8;

    /// <summary>Whether the mean square never falls. Default false.</summary>
    public bool AmsGrad { get; init; }

    /// <summary>Whether steps are shortened at all. Default true.</summary>
    public bool Friction { get; init; } = true;

    /// <summary>Whether the adaptive rate waits until its variance is known, as in RAdam. Default false.</summary>
    public bool Rectify { get; init; }

    /// <summary>Whether, while it waits, steps follow the mean gradient; else none are taken. Default true.</summary>
    public bool DegenerateToSgd { get; init; } = true;

    /// <summary>The length of average from which on, with Rectify, the rate is adaptive; at least 4. Default 5.</summary>
    public int RectifyThreshold { get; init => field = Require.AtLeast(4, value, "5 is the paper's, 4 the least that has a variance."); } = 5;

    /// <summary>
    /// Whether the mean gradient is corrected for starting at zero. Default true; false leaves the first steps small.
    /// John 2021, AdamD: improved bias-correction in Adam, arXiv:2110.10828.
    /// </summary>
    public bool CorrectFirstMoment { get; init; } = true;

    internal override void Step<T>(Parameters<T> p, Moment now) => p.Apply(new Rule<T>(this, p, now));

    private readonly ref struct Rule<T>(DiffGrad o, Parameters<T> p, Moment now) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> m = p["m"], v = p["v"], last = p["last"], peak = o.AmsGrad ? p["peak"] : default;

        private readonly T keep = now.Keep, decay = now.Coupled,
                           beta1 = now[o.Beta1], gain1 = 1 - now[o.Beta1],
                           beta2 = o.Beta2, gain2 = 1 - o.Beta2,
                           rate = now.Rate / (o.CorrectFirstMoment ? now.Filled(now[o.Beta1]) : 1)
                               * (o.Rectify ? Rectification.Scaled(o.Beta2, now.T, o.DegenerateToSgd, o.RectifyThreshold) : 1),
                           floor = 1e-15, epsilon = o.Epsilon, one = 1;

        private readonly bool plain = o.Rectify && Rectification.Length(o.Beta2, now.T) < o.RectifyThreshold, friction = o.Friction;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            g += decay * w;
            T first = m[i] = beta1 * m[i] + gain1 * g;
            T second = v[i] = beta2 * v[i] + gain2 * g * g;
            if (!peak.IsEmpty) second = peak[i] = Max(peak[i], second);
            T change = Abs(last[i] - g);
            last[i] = g;
            w *= keep;
            if (plain) return w - rate * first;
            if (friction) first /= one + Exp(-change);
            return w - rate * first / (Sqrt(second + floor) + epsilon);
        }
    }
}
