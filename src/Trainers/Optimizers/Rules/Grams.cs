using System.Runtime.CompilerServices;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch.Lanes;
using static System.Math;
using static Microsoft.ML.Trainers.Torch.Lanes.Lane;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// The length of Adam's step in the direction of the gradient's sign.
/// <code>
/// w -= rate decay w
/// m  = beta1 m + (1 - beta1) g,   v = beta2 v + (1 - beta2) g^2
/// w -= rate |m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon)| sign(g)
/// </code>
/// Cao et al. 2024, Grams: gradient descent with adaptive momentum scaling, arXiv:2412.17107. pytorch_optimizer's Grams exchanges
/// beta1 with 1 - beta1 in the mean and takes the root of 1 - beta2^t twice.
/// </summary>
public sealed record Grams : Optimizer
{
    internal Grams() : base(1e-3) => DecayKind = WeightDecayKind.Decoupled;

    /// <summary>The part of the mean gradient that is kept, at least 0 and below 1. Default 0.9.</summary>
    public ScheduledValue Beta1 { get; init => field = Require.Fraction(value); } = 0.9;

    /// <summary>The part of the mean square that is kept, at least 0 and below 1. Default 0.999.</summary>
    public double Beta2 { get; init => field = Require.Fraction(value); } = 0.999;

    /// <summary>Keeps the division finite; above 0. Default 1e-6.</summary>
    public double Epsilon { get; init => field = Require.Positive(value, "1e-6 is usual."); } = 1e-6;

    /// <summary>As pytorch_optimizer computes it, for comparison with it.</summary>
    internal bool AsPytorchOptimizer { get; init; }

    internal override void Step<T>(Parameters<T> p, Moment now) => p.Apply(new Rule<T>(this, p, now));

    private readonly ref struct Rule<T>(Grams o, Parameters<T> p, Moment now) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> m = p["m"], v = p["v"];

        private readonly T keep = now.Keep, decay = now.Coupled,
                           beta1 = o.AsPytorchOptimizer ? 1 - now[o.Beta1] : now[o.Beta1],
                           gain1 = o.AsPytorchOptimizer ? now[o.Beta1] : 1 - now[o.Beta1],
                           beta2 = o.Beta2, gain2 = 1 - o.Beta2,
                           rate = now.Rate / now.Filled(now[o.Beta1]),
                           unbias = 1 / (o.AsPytorchOptimizer ? Sqrt(now.Filled(o.Beta2)) : now.Filled(o.Beta2)),
                           epsilon = o.Epsilon;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            g += decay * w;
            T first = m[i] = beta1 * m[i] + gain1 * g;
            T second = v[i] = beta2 * v[i] + gain2 * g * g;
            return keep * w - rate * Abs(first) / (Sqrt(unbias * second) + epsilon) * Sign(g);
        }
    }
}
