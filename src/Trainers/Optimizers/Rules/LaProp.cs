using System.Runtime.CompilerServices;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch.Lanes;
using static System.Math;
using static Microsoft.ML.Trainers.Torch.Lanes.Lane;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Adam with the division before the averaging, so that momentum cannot outlive the scale it was made for.
/// <code>
/// v  = beta2 v + (1 - beta2) g^2
/// m  = beta1 m + (1 - beta1) rate g / (sqrt(v / (1 - beta2^t)) + epsilon)
/// w -= m rate / (mean of the rates so far, kept by beta1)
/// w -= rate decay w
/// </code>
/// Ziyin, Wang and Ueda 2020, LaProp, arXiv:2002.04839. Equals timm's LaProp.
/// </summary>
public sealed record LaProp : Optimizer
{
    internal LaProp() : base(4e-4) => DecayKind = WeightDecayKind.Decoupled;

    /// <summary>The part of the mean gradient that is kept, at least 0 and below 1. Default 0.9.</summary>
    public ScheduledValue Beta1 { get; init => field = Require.Fraction(value); } = 0.9;

    /// <summary>The part of the mean square that is kept, at least 0 and below 1. Default 0.999.</summary>
    public double Beta2 { get; init => field = Require.Fraction(value); } = 0.999;

    /// <summary>Keeps the division finite; above 0. Default 1e-15.</summary>
    public double Epsilon { get; init => field = Require.Positive(value, "1e-15 is usual."); } = 1e-15;

    /// <summary>
    /// Whether only steps are taken that agree in sign with the gradient, scaled up by the share of them. Default false.
    /// Liang et al. 2024, Cautious optimizers, arXiv:2411.16085.
    /// </summary>
    public bool Cautious { get; init; }

    internal override bool IsElementwise => !Cautious;

    internal override void Begin(Scalars state, Moment now)
    {
        state["mean_rate"] = now[Beta1] * state["mean_rate"] + (1 - now[Beta1]) * now.Rate;
        state["filled"] = Beta2 * state["filled"] + (1 - Beta2);
    }

    internal override void Step<T>(Parameters<T> p, Moment now)
    {
        p.Apply(new Rule<T>(this, p, now, p.Scalars["mean_rate"], p.Scalars["filled"]));
        if (Cautious) Caution.Move(p);
    }

    private readonly ref struct Rule<T>(LaProp o, Parameters<T> p, Moment now, double meanRate, double filled) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> m = p["m"], v = p["v"];
        private readonly Caution<T> caution = new(p, o.Cautious);

        private readonly T keep = now.Keep, decay = now.Coupled,
                           beta1 = now[o.Beta1], gain1 = (1 - now[o.Beta1]) * now.Rate,
                           beta2 = o.Beta2, gain2 = 1 - o.Beta2,
                           step = now.Keep * (now.Rate == 0 ? 1 : now.Rate / meanRate),
                           unbias = 1 / filled,
                           epsilon = o.Epsilon;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            g += decay * w;
            T second = v[i] = beta2 * v[i] + gain2 * g * g;
            T first = m[i] = beta1 * m[i] + gain1 * g / (Sqrt(unbias * second) + epsilon);
            return keep * w - caution.Allow(i, step * first, g);
        }
    }
}
