using System.Runtime.CompilerServices;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch.Lanes;
using static System.Math;
using static Microsoft.ML.Trainers.Torch.Lanes.Lane;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Adam with the largest recent gradient in place of the root mean square.
/// <code>
/// g += decay w
/// m  = beta1 m + (1 - beta1) g
/// u  = max(beta2 u, |g| + epsilon)
/// w -= rate / (1 - beta1^t) m / u
/// </code>
/// Kingma and Ba 2015, arXiv:1412.6980, section 7.1. Equals PyTorch's Adamax.
/// </summary>
public sealed record Adamax : Optimizer
{
    internal Adamax() : base(2e-3)
    {
    }

    /// <summary>The part of the mean gradient that is kept, at least 0 and below 1. Default 0.9.</summary>
    public ScheduledValue Beta1 { get; init => field = Require.Fraction(value); } = 0.9;

    /// <summary>The part of the largest gradient that is kept, at least 0 and below 1. Default 0.999.</summary>
    public double Beta2 { get; init => field = Require.Fraction(value); } = 0.999;

    /// <summary>Keeps the division finite; above 0. Default 1e-8.</summary>
    public double Epsilon { get; init => field = Require.Positive(value, "1e-8 is usual."); } = 1e-8;

    internal override void Step<T>(Parameters<T> p, Moment now) => p.Apply(new Rule<T>(this, p, now));

    private readonly ref struct Rule<T>(Adamax o, Parameters<T> p, Moment now) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> m = p["m"], largest = p["largest"];

        private readonly T keep = now.Keep, decay = now.Coupled,
                           beta1 = now[o.Beta1], gain1 = 1 - now[o.Beta1],
                           beta2 = o.Beta2,
                           rate = now.Rate / now.Filled(now[o.Beta1]),
                           epsilon = o.Epsilon;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            g += decay * w;
            T first = m[i] = beta1 * m[i] + gain1 * g;
            T u = largest[i] = Max(beta2 * largest[i], Abs(g) + epsilon);
            return keep * w - rate * first / u;
        }
    }
}
