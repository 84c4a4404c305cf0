using System.Runtime.CompilerServices;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch.Lanes;
using static System.Math;
using static Microsoft.ML.Trainers.Torch.Lanes.Lane;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Adam whose rates per parameter are clipped to bounds that close in on a final rate: Adam at first, SGD at the end.
/// <code>
/// m  = beta1 m + (1 - beta1) g,   v = beta2 v + (1 - beta2) g^2            (AmsBound: the largest v so far)
/// f  = final rate * rate / peak rate
/// w -= clip(rate sqrt(1 - beta2^t) / (1 - beta1^t) / (sqrt(v) + epsilon), f (1 - 1 / (gamma t + 1)), f (1 + 1 / (gamma t))) m
/// </code>
/// Luo, Xiong, Liu and Sun 2019, Adaptive gradient methods with dynamic bound of learning rate, arXiv:1902.09843. Equals
/// pytorch_optimizer's AdaBound.
/// </summary>
public sealed record AdaBound : Optimizer
{
    internal AdaBound() : base(1e-3) => DecayKind = WeightDecayKind.Decoupled;

    /// <summary>The part of the mean gradient that is kept, at least 0 and below 1. Default 0.9.</summary>
    public ScheduledValue Beta1 { get; init => field = Require.Fraction(value); } = 0.9;

    /// <summary>The part of the mean square that is kept, at least 0 and below 1. Default 0.999.</summary>
    public double Beta2 { get; init => field = Require.Fraction(value); } = 0.999;

    /// <summary>Keeps the division finite; above 0. Default 1e-8.</summary>
    public double Epsilon { get; init => field = Require.Positive(value, "1e-8 is usual."); } = 1e-8;

    /// <summary>The rate of every parameter at the end, above 0. Default 0.1.</summary>
    public double FinalRate { get; init => field = Require.Positive(value, "0.1 is usual."); } = 0.1;

    /// <summary>How fast the bounds close, above 0. Default 1e-3.</summary>
    public double Gamma { get; init => field = Require.Positive(value, "1e-3 is usual."); } = 1e-3;

    /// <summary>Whether the mean square never falls. Default false.</summary>
    public bool AmsBound { get; init; }

    /// <summary>
    /// Whether the mean gradient is corrected for starting at zero. Default true; false leaves the first steps small.
    /// John 2021, AdamD: improved bias-correction in Adam, arXiv:2110.10828.
    /// </summary>
    public bool CorrectFirstMoment { get; init; } = true;

    internal override void Step<T>(Parameters<T> p, Moment now) => p.Apply(new Rule<T>(this, p, now));

    private double Final(Moment now) => now.PeakRate > 0 ? FinalRate * now.Rate / now.PeakRate : 0;

    private readonly ref struct Rule<T>(AdaBound o, Parameters<T> p, Moment now) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> m = p["m"], v = p["v"], peak = o.AmsBound ? p["peak"] : default;

        private readonly T keep = now.Keep, decay = now.Coupled,
                           beta1 = now[o.Beta1], gain1 = 1 - now[o.Beta1],
                           beta2 = o.Beta2, gain2 = 1 - o.Beta2,
                           rate = now.Rate * Sqrt(now.Filled(o.Beta2)) / (o.CorrectFirstMoment ? now.Filled(now[o.Beta1]) : 1),
                           lower = o.Final(now) * (1 - 1 / (o.Gamma * now.T + 1)),
                           upper = o.Final(now) * (1 + 1 / (o.Gamma * now.T)),
                           floor = 1e-15, epsilon = o.Epsilon;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            g += decay * w;
            T first = m[i] = beta1 * m[i] + gain1 * g;
            T second = v[i] = beta2 * v[i] + gain2 * g * g;
            if (!peak.IsEmpty) second = peak[i] = Max(peak[i], second);
            T bounded = Min(Max(rate / (Sqrt(second + floor) + epsilon), lower), upper);
            return keep * w - bounded * first;
        }
    }
}
