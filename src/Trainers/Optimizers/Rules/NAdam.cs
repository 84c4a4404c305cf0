using System.Runtime.CompilerServices;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch.Lanes;
using static System.Math;
using static Microsoft.ML.Trainers.Torch.Lanes.Lane;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Adam with Nesterov momentum, whose momentum warms up.
/// <code>
/// g += decay w
/// mu_t = beta1 (1 - 0.5 * 0.96^(t momentum decay)),   P = product of mu_1 .. mu_t
/// m  = beta1 m + (1 - beta1) g,   v = beta2 v + (1 - beta2) g^2
/// w -= rate (mu_{t+1} m / (1 - P mu_{t+1}) + (1 - mu_t) g / (1 - P)) / (sqrt(v / (1 - beta2^t)) + epsilon)
/// </code>
/// Dozat 2016, Incorporating Nesterov momentum into Adam. Equals PyTorch 2.7's NAdam (1.13's differs).
/// </summary>
public sealed record NAdam : Optimizer
{
    internal NAdam() : base(2e-3)
    {
    }

    /// <summary>The part of the mean gradient that is kept, at least 0 and below 1. Default 0.9.</summary>
    public ScheduledValue Beta1 { get; init => field = Require.Fraction(value); } = 0.9;

    /// <summary>The part of the mean square that is kept, at least 0 and below 1. Default 0.999.</summary>
    public double Beta2 { get; init => field = Require.Fraction(value); } = 0.999;

    /// <summary>Keeps the division finite; above 0. Default 1e-8.</summary>
    public double Epsilon { get; init => field = Require.Positive(value, "1e-8 is usual."); } = 1e-8;

    /// <summary>How fast the momentum reaches beta1, at least 0. Default 4e-3.</summary>
    public double MomentumDecay { get; init => field = Require.NotNegative(value, "4e-3 is usual."); } = 4e-3;

    internal override void Begin(Scalars state, Moment now) => state["momentum_product", 1] *= Momentum(now, now.T);

    internal override void Step<T>(Parameters<T> p, Moment now) => p.Apply(new Rule<T>(this, p, now, p.Scalars["momentum_product", 1]));

    private double Momentum(Moment now, long t) => now[Beta1] * (1 - 0.5 * Pow(0.96, t * MomentumDecay));

    private readonly ref struct Rule<T>(NAdam o, Parameters<T> p, Moment now, double product) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> m = p["m"], v = p["v"];

        private readonly T keep = now.Keep, decay = now.Coupled,
                           beta1 = now[o.Beta1], gain1 = 1 - now[o.Beta1],
                           beta2 = o.Beta2, gain2 = 1 - o.Beta2,
                           unbias = 1 / now.Filled(o.Beta2),
                           rateNow = now.Rate * (1 - o.Momentum(now, now.T)) / (1 - product),
                           rateNext = now.Rate * o.Momentum(now, now.T + 1) / (1 - product * o.Momentum(now, now.T + 1)),
                           epsilon = o.Epsilon;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            g += decay * w;
            T first = m[i] = beta1 * m[i] + gain1 * g;
            T second = v[i] = beta2 * v[i] + gain2 * g * g;
            return keep * w - (rateNow * g + rateNext * first) / (Sqrt(unbias * second) + epsilon);
        }
    }
}
