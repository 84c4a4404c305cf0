using System.Runtime.CompilerServices;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch.Lanes;
using static System.Math;
using static Microsoft.ML.Trainers.Torch.Lanes.Lane;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Adam with a Nesterov look-ahead from the difference of successive gradients.
/// <code>
/// d  = g - g_{t-1}
/// m  = beta1 m + (1 - beta1) g,   k = beta2 k + (1 - beta2) d
/// n  = beta3 n + (1 - beta3) (g + beta2 d)^2
/// w -= rate (m / (1 - beta1^t) + beta2 k / (1 - beta2^t)) / (sqrt(n / (1 - beta3^t)) + epsilon)
/// w /= 1 + rate decay                                        (NoProximal: w -= rate decay w before the step)
/// </code>
/// Xie et al. 2022, Adan: adaptive Nesterov momentum algorithm for faster optimizing deep models, arXiv:2208.06677. Equals timm's Adan.
/// </summary>
public sealed record Adan : Optimizer
{
    internal Adan() : base(1e-3) => DecayKind = WeightDecayKind.Decoupled;

    /// <summary>The part of the mean gradient that is kept, at least 0 and below 1. Default 0.98.</summary>
    public ScheduledValue Beta1 { get; init => field = Require.Fraction(value); } = 0.98;

    /// <summary>The part of the mean difference that is kept, at least 0 and below 1. Default 0.92.</summary>
    public double Beta2 { get; init => field = Require.Fraction(value); } = 0.92;

    /// <summary>The part of the mean square that is kept, at least 0 and below 1. Default 0.99.</summary>
    public double Beta3 { get; init => field = Require.Fraction(value); } = 0.99;

    /// <summary>Keeps the division finite; above 0. Default 1e-8.</summary>
    public double Epsilon { get; init => field = Require.Positive(value, "1e-8 is usual."); } = 1e-8;

    /// <summary>Whether decoupled decay is as in AdamW, and not a division after the step. Default false.</summary>
    public bool NoProximal { get; init; }

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

    private readonly ref struct Rule<T>(Adan o, Parameters<T> p, Moment now) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> m = p["m"], k = p["k"], n = p["n"], last = p["last"];
        private readonly Caution<T> caution = new(p, o.Cautious);

        private readonly T decay = now.Coupled,
                           before = o.NoProximal ? now.Keep : 1,
                           after = o.NoProximal ? 1 : 1 / (1 + now.Shrink),
                           beta1 = now[o.Beta1], gain1 = 1 - now[o.Beta1],
                           beta2 = o.Beta2, gain2 = 1 - o.Beta2,
                           beta3 = o.Beta3, gain3 = 1 - o.Beta3,
                           rate = now.Rate / now.Filled(now[o.Beta1]),
                           rateAhead = now.Rate * o.Beta2 / now.Filled(o.Beta2),
                           unbias = 1 / now.Filled(o.Beta3),
                           epsilon = o.Epsilon, none = 0;

        private readonly bool start = now.T == 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            g += decay * w;
            T difference = start ? none : g - last[i];
            last[i] = g;
            T first = m[i] = beta1 * m[i] + gain1 * g;
            T ahead = k[i] = beta2 * k[i] + gain2 * difference;
            T both = g + beta2 * difference;
            T second = n[i] = beta3 * n[i] + gain3 * both * both;
            T scale = after / (Sqrt(unbias * second) + epsilon);
            return before * after * w - rateAhead * ahead * scale - caution.Allow(i, rate * first * scale, g);
        }
    }
}
