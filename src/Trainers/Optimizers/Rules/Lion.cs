using System.Runtime.CompilerServices;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch.Lanes;
using static System.Math;
using static Microsoft.ML.Trainers.Torch.Lanes.Lane;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// The sign of a mean of momentum and gradient; found by search over programs. Rates are a tenth of AdamW's, decay ten times as strong.
/// <code>
/// w -= rate decay w
/// w -= rate sign(beta1 m + (1 - beta1) g)
/// m  = beta2 m + (1 - beta2) g
/// </code>
/// Chen et al. 2023, Symbolic discovery of optimization algorithms, arXiv:2302.06675. Equals timm's, Keras' and optax's Lion.
/// </summary>
public sealed record Lion : Optimizer
{
    internal Lion() : base(1e-4) => DecayKind = WeightDecayKind.Decoupled;

    /// <summary>The part of the momentum in the step, at least 0 and below 1. Default 0.9.</summary>
    public ScheduledValue Beta1 { get; init => field = Require.Fraction(value); } = 0.9;

    /// <summary>The part of the momentum that is kept, at least 0 and below 1. Default 0.99.</summary>
    public double Beta2 { get; init => field = Require.Fraction(value); } = 0.99;

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

    private readonly ref struct Rule<T>(Lion o, Parameters<T> p, Moment now) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> m = p["m"];
        private readonly Caution<T> caution = new(p, o.Cautious);

        private readonly T keep = now.Keep, decay = now.Coupled,
                           beta1 = now[o.Beta1], gain1 = 1 - now[o.Beta1],
                           beta2 = o.Beta2, gain2 = 1 - o.Beta2,
                           rate = now.Rate;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            g += decay * w;
            T momentum = m[i];
            T direction = Sign(beta1 * momentum + gain1 * g);
            m[i] = beta2 * momentum + gain2 * g;
            return keep * w - caution.Allow(i, rate * direction, g);
        }
    }
}
