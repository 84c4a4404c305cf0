using System.Runtime.CompilerServices;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch.Lanes;
using static System.Math;
using static Microsoft.ML.Trainers.Torch.Lanes.Lane;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// AdEMAMix with one slow sum of gradients and the gradient itself.
/// <code>
/// w -= rate decay w
/// m  = beta1_t m + (1 - beta1_t) g,   v = beta2 v + (1 - beta2) g^2,   n = 1 - beta2^t
/// w -= rate (alpha g + m) / ((sqrt(v) + sqrt(n) epsilon) sqrt(n))
/// </code>
/// Morwani et al. 2025, Connections between schedule-free optimizers, AdEMAMix, and accelerated SGD variants, arXiv:2502.02431.
/// Equals pytorch_optimizer's SimplifiedAdEMAMix, whose default rate is 1e-4. A mean with a longer memory than the mean square is not
/// stable at Adam's usual rates: at 1e-3 it may diverge.
/// </summary>
public sealed record SimplifiedAdEmaMix : Optimizer
{
    internal SimplifiedAdEmaMix() : base(3e-4) => DecayKind = WeightDecayKind.Decoupled;

    /// <summary>The part of the mean gradient that is kept, at least 0 and below 1. Default 0.99.</summary>
    public ScheduledValue Beta1 { get; init => field = Require.Fraction(value); } = 0.99;

    /// <summary>The part of the mean square that is kept, at least 0 and below 1. Default 0.95.</summary>
    public double Beta2 { get; init => field = Require.Fraction(value); } = 0.95;

    /// <summary>The weight of the gradient itself, at least 0. Default 0.</summary>
    public double Alpha { get; init => field = Require.NotNegative(value, "0 to 100 is usual."); }

    /// <summary>Steps over which beta1 rises from <see cref="MinimumBeta1"/>; 0: none. Default 0.</summary>
    public double WarmupSteps { get; init => field = Require.NotNegative(value, "A tenth of the run is usual."); }

    /// <summary>Where beta1 starts, at least 0 and below 1. Default 0.9.</summary>
    public double MinimumBeta1 { get; init => field = Require.Fraction(value); } = 0.9;

    /// <summary>Keeps the division finite; above 0. Default 1e-8.</summary>
    public double Epsilon { get; init => field = Require.Positive(value, "1e-8 is usual."); } = 1e-8;

    internal override void Begin(Scalars state, Moment now) => state["filled"] = Beta2 * state["filled"] + (1 - Beta2);

    internal override void Step<T>(Parameters<T> p, Moment now) => p.Apply(new Rule<T>(this, p, now, p.Scalars["filled"]));

    /// <summary>The half-life of the mean rises linearly.</summary>
    private double Risen(Moment now)
    {
        double end = now[Beta1];
        if (now.T >= WarmupSteps) return end;
        double risen = now.T / WarmupSteps;
        return Pow(0.5, 1 / ((1 - risen) * HalfLife(MinimumBeta1) + risen * HalfLife(end) + 1));
    }

    private static double HalfLife(double beta) => Log(0.5) / Log(beta + 1e-8) - 1;

    private readonly ref struct Rule<T>(SimplifiedAdEmaMix o, Parameters<T> p, Moment now, double filled) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> m = p["m"], v = p["v"];

        private readonly T keep = now.Keep, decay = now.Coupled,
                           beta1 = o.Risen(now), gain1 = 1 - o.Risen(now),
                           beta2 = o.Beta2, gain2 = 1 - o.Beta2,
                           rate = now.Rate / Sqrt(filled),
                           alpha = o.Alpha,
                           epsilon = Sqrt(filled) * o.Epsilon;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            w *= keep;
            g += decay * w;
            T first = m[i] = beta1 * m[i] + gain1 * g;
            T second = v[i] = beta2 * v[i] + gain2 * g * g;
            return w - rate * (alpha * g + first) / (Sqrt(second) + epsilon);
        }
    }
}
