using System.Runtime.CompilerServices;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch.Lanes;
using static System.Math;
using static Microsoft.ML.Trainers.Torch.Lanes.Lane;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// AdamW with Adafactor's update clipping: where gradients are larger than their mean square knows, the layer's rate falls.
/// <code>
/// beta' = (beta - beta^t) / (1 - beta^t)                        (both means corrected for starting at zero)
/// m  = beta1' m + (1 - beta1') g,   v = beta2' v + (1 - beta2') g^2
/// r  = rate / max(1, sqrt(mean(g^2 / max(v, epsilon^2))))       (per layer)
/// w  = (1 - r decay) w - r m / (sqrt(v) + epsilon)
/// </code>
/// Wortsman et al. 2023, Stable and low-precision training for large-scale vision-language models, arXiv:2304.13013. Equals
/// pytorch_optimizer's StableAdamW.
/// </summary>
public sealed record StableAdamW : Optimizer
{
    internal StableAdamW() : base(1e-3) => (WeightDecay, DecayKind) = (0.01, WeightDecayKind.Decoupled);

    /// <summary>The part of the mean gradient that is kept, at least 0 and below 1. Default 0.9.</summary>
    public ScheduledValue Beta1 { get; init => field = Require.Fraction(value); } = 0.9;

    /// <summary>The part of the mean square that is kept, at least 0 and below 1. Default 0.99.</summary>
    public double Beta2 { get; init => field = Require.Fraction(value); } = 0.99;

    /// <summary>Keeps the division finite; above 0. Default 1e-8.</summary>
    public double Epsilon { get; init => field = Require.Positive(value, "1e-8 is usual."); } = 1e-8;

    internal override bool IsElementwise => false;

    internal override void Step<T>(Parameters<T> p, Moment now)
    {
        foreach (Parameters<T> layer in p.EachLayer)
        {
            layer.Apply(new Averages<T>(this, layer, now));
            double surprise = layer.Sum(new Surprise<T>(this, layer)) / layer.Count;
            layer.Apply(new Move<T>(this, layer, now, now.Rate / Max(1, Sqrt(surprise))));
        }
    }

    private static double Corrected(double beta, long t) => t == 1 ? 0 : (beta - Pow(beta, t)) / (1 - Pow(beta, t));

    private readonly ref struct Averages<T>(StableAdamW o, Parameters<T> p, Moment now) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> m = p["m"], v = p["v"];

        private readonly T decay = now.Coupled,
                           beta1 = Corrected(now[o.Beta1], now.T), gain1 = 1 - Corrected(now[o.Beta1], now.T),
                           beta2 = Corrected(o.Beta2, now.T), gain2 = 1 - Corrected(o.Beta2, now.T);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            g += decay * w;
            m[i] = beta1 * m[i] + gain1 * g;
            v[i] = beta2 * v[i] + gain2 * g * g;
            return w;
        }
    }

    private readonly ref struct Surprise<T>(StableAdamW o, Parameters<T> p) : ITerm<T> where T : struct, ILane<T>
    {
        private readonly ReadOnlySpan<T> g = p.Gradients, v = p["v"];
        private readonly T floor = o.Epsilon * o.Epsilon;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T At(int i) => g[i] * g[i] / Max(v[i], floor);
    }

    private readonly ref struct Move<T>(StableAdamW o, Parameters<T> p, Moment now, double lr) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> m = p["m"], v = p["v"];

        private readonly T keep = o.DecayKind == WeightDecayKind.Decoupled ? 1 - now.Decay * lr : now.Keep,
                           rate = lr, epsilon = o.Epsilon;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g) => keep * w - rate * m[i] / (Sqrt(v[i]) + epsilon);
    }
}
