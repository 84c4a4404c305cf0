using System.Runtime.CompilerServices;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch.Lanes;
using static System.Math;
using static Microsoft.ML.Trainers.Torch.Lanes.Lane;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Adam whose adaptive rate waits until its variance is known: a built-in warmup.
/// <code>
/// g += decay w
/// m  = beta1 m + (1 - beta1) g,   v = beta2 v + (1 - beta2) g^2,   m' = m / (1 - beta1^t)
/// R  = 2 / (1 - beta2) - 1,   rho = R - 2 t beta2^t / (1 - beta2^t)
/// rho > 5:  w -= rate r m' sqrt(1 - beta2^t) / (sqrt(v) + epsilon),   r = sqrt((rho - 4)(rho - 2) R / ((R - 4)(R - 2) rho))
/// else:     w -= rate m'
/// </code>
/// Liu et al. 2020, On the variance of the adaptive learning rate and beyond, arXiv:1908.03265. Equals PyTorch's RAdam (TorchSharp
/// 0.107 applies the rate twice).
/// </summary>
public sealed record RAdam : Optimizer
{
    internal RAdam() : base(1e-3)
    {
    }

    /// <summary>The part of the mean gradient that is kept, at least 0 and below 1. Default 0.9.</summary>
    public ScheduledValue Beta1 { get; init => field = Require.Fraction(value); } = 0.9;

    /// <summary>The part of the mean square that is kept, at least 0 and below 1. Default 0.999.</summary>
    public double Beta2 { get; init => field = Require.Fraction(value); } = 0.999;

    /// <summary>Keeps the division finite; above 0. Default 1e-8.</summary>
    public double Epsilon { get; init => field = Require.Positive(value, "1e-8 is usual."); } = 1e-8;

    internal override void Step<T>(Parameters<T> p, Moment now) => p.Apply(new Rule<T>(this, p, now));

    private readonly ref struct Rule<T>(RAdam o, Parameters<T> p, Moment now) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> m = p["m"], v = p["v"];

        private readonly T keep = now.Keep, decay = now.Coupled,
                           beta1 = now[o.Beta1], gain1 = 1 - now[o.Beta1],
                           beta2 = o.Beta2, gain2 = 1 - o.Beta2,
                           rate = now.Rate / now.Filled(now[o.Beta1]),
                           rectified = Rectification.Factor(o.Beta2, now.T) * Sqrt(now.Filled(o.Beta2)),
                           epsilon = o.Epsilon;

        private readonly bool adaptive = Rectification.Length(o.Beta2, now.T) > 5;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            g += decay * w;
            T first = m[i] = beta1 * m[i] + gain1 * g;
            T second = v[i] = beta2 * v[i] + gain2 * g * g;
            return keep * w - rate * (adaptive ? rectified * first / (Sqrt(second) + epsilon) : first);
        }
    }
}
