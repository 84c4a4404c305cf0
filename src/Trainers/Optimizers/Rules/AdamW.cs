using System.Runtime.CompilerServices;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch.Lanes;
using static System.Math;
using static Microsoft.ML.Trainers.Torch.Lanes.Lane;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Adam with decoupled weight decay: the default choice.
/// <code>
/// w -= rate decay w
/// m  = beta1 m + (1 - beta1) g,        m' = m / (1 - beta1^t)
/// v  = beta2 v + (1 - beta2) g^2,      v' = v / (1 - beta2^t)       (AmsGrad: v' from the largest v so far)
/// w -= rate m' / (sqrt(v') + epsilon)                               (or sqrt(v' + epsilon))
/// </code>
/// Loshchilov and Hutter 2019, Decoupled weight decay regularization, arXiv:1711.05101.
/// Equals PyTorch's AdamW, optax's adamw and Keras' AdamW up to the place of epsilon.
/// </summary>
public sealed record AdamW : Optimizer
{
    internal AdamW() : base(1e-3) => (WeightDecay, DecayKind) = (0.01, WeightDecayKind.Decoupled);

    /// <summary>The part of the mean gradient that is kept, at least 0 and below 1. Default 0.9.</summary>
    public ScheduledValue Beta1 { get; init => field = Require.Fraction(value); } = 0.9;

    /// <summary>The part of the mean square that is kept, at least 0 and below 1. Default 0.999.</summary>
    public double Beta2 { get; init => field = Require.Fraction(value); } = 0.999;

    /// <summary>Keeps the division finite; above 0. Default 1e-8.</summary>
    public double Epsilon { get; init => field = Require.Positive(value, "1e-8 is usual."); } = 1e-8;

    /// <summary>Where epsilon stands. Default outside the root.</summary>
    public EpsilonPlacement EpsilonPlacement { get; init => field = Require.Defined(value); }

    /// <summary>Whether the mean square never falls. Default false.</summary>
    public bool AmsGrad { get; init; }

    /// <summary>
    /// Whether only steps are taken that agree in sign with the gradient, scaled up by the share of them. Default false.
    /// Liang et al. 2024, Cautious optimizers, arXiv:2411.16085.
    /// </summary>
    public bool Cautious { get; init; }

    internal override bool IsElementwise => !Cautious;

    internal override void Step<T>(Parameters<T> p, Moment now)
    {
        p.Apply(new Rule<T>(this, p, now));
        if (Cautious) Caution.Move(p);
    }

    private readonly ref struct Rule<T>(AdamW o, Parameters<T> p, Moment now) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> m = p["m"], v = p["v"], peak = o.AmsGrad ? p["peak"] : default;
        private readonly Caution<T> caution = new(p, o.Cautious);

        private readonly T keep = now.Keep, decay = now.Coupled,
                           beta1 = now[o.Beta1], gain1 = 1 - now[o.Beta1],
                           beta2 = o.Beta2, gain2 = 1 - o.Beta2,
                           rate = now.Rate / now.Filled(now[o.Beta1]),
                           unbias = 1 / now.Filled(o.Beta2),
                           inside = o.EpsilonPlacement.Inside(o.Epsilon),
                           outside = o.EpsilonPlacement.Outside(o.Epsilon);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            g += decay * w;
            T first = m[i] = beta1 * m[i] + gain1 * g;
            T second = v[i] = beta2 * v[i] + gain2 * g * g;
            if (!peak.IsEmpty) second = peak[i] = Max(peak[i], second);
            return keep * w - caution.Allow(i, rate * first / (Sqrt(unbias * second + inside) + outside), g);
        }
    }
}
