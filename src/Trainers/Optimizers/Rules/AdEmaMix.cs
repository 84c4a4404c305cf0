using System.Runtime.CompilerServices;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch.Lanes;
using static System.Math;
using static Microsoft.ML.Trainers.Torch.Lanes.Lane;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// AdamW with a second, very slow mean of the gradient beside the fast one.
/// <code>
/// g += decay w
/// m  = beta1 m + (1 - beta1) g,   s = beta3_t s + (1 - beta3_t) g,   v = beta2 v + (1 - beta2) g^2
/// w -= rate / (1 - beta1^t) (m + alpha_t s) / (sqrt(v / (1 - beta2^t)) + epsilon)
/// </code>
/// alpha_t and beta3_t rise to alpha and beta3 over WarmupSteps. Pagliardini, Ablin and Grangier 2024, The AdEMAMix optimizer: better,
/// faster, older, arXiv:2409.03137. Equals pytorch_optimizer's AdEMAMix, which divides the slow mean by 1 - beta1^t too (the paper does not).
/// </summary>
public sealed record AdEmaMix : Optimizer
{
    internal AdEmaMix() : base(1e-3)
    {
    }

    /// <summary>The part of the mean gradient that is kept, at least 0 and below 1. Default 0.9.</summary>
    public ScheduledValue Beta1 { get; init => field = Require.Fraction(value); } = 0.9;

    /// <summary>The part of the mean square that is kept, at least 0 and below 1. Default 0.999.</summary>
    public double Beta2 { get; init => field = Require.Fraction(value); } = 0.999;

    /// <summary>The part of the slow mean that is kept, at least 0 and below 1. Default 0.9999.</summary>
    public double Beta3 { get; init => field = Require.Fraction(value); } = 0.9999;

    /// <summary>The weight of the slow mean, at least 0. Default 5.</summary>
    public double Alpha { get; init => field = Require.NotNegative(value, "4 to 10 is usual."); } = 5;

    /// <summary>Steps over which alpha and beta3 rise; 0: none. Default 0.</summary>
    public double WarmupSteps { get; init => field = Require.NotNegative(value, "The paper takes the whole run."); }

    /// <summary>Keeps the division finite; above 0. Default 1e-8.</summary>
    public double Epsilon { get; init => field = Require.Positive(value, "1e-8 is usual."); } = 1e-8;

    /// <summary>
    /// Whether the rate of a layer is divided by max(1, RMS(g / sqrt(v))): a gradient larger than the past ones moves it less, as in
    /// StableAdamW. Default false. Wortsman et al. 2023, Stable and low-precision training, arXiv:2304.13013.
    /// </summary>
    public bool UpdateClipping { get; init; }

    /// <summary>
    /// Whether the fast mean counts only where it agrees in sign with the gradient, scaled up by the share of such places; the slow one
    /// always counts. Default false. Liang et al. 2024, Cautious optimizers, arXiv:2411.16085.
    /// </summary>
    public bool Cautious { get; init; }

    internal override bool IsElementwise => !Cautious && !UpdateClipping;

    internal override void Step<T>(Parameters<T> p, Moment now)
    {
        if (IsElementwise)
        {
            p.Apply(new Rule<T>(this, p, now));
            return;
        }
        foreach (Parameters<T> layer in p.EachLayer)
        {
            layer.Apply(new Means<T>(this, layer, now));
            double divisor = UpdateClipping ? Lanes.UpdateClipping.Divisor(layer, now) : 1;
            double scale = Cautious ? layer.Count / (layer.Sum(new Agrees<T>(layer, now)) + 1) : 1;
            layer.Apply(new Move<T>(this, layer, now, divisor, scale));
        }
    }

    private double Risen(Moment now) => WarmupSteps == 0 ? 1 : Min(1, now.T / WarmupSteps);

    /// <summary>The half-life of the slow mean rises linearly, its logarithm harmonically.</summary>
    private double Slow(Moment now)
    {
        if (WarmupSteps == 0) return Beta3;
        double fast = Log(now[Beta1]), slow = Log(Beta3), risen = now.T / WarmupSteps;
        return Min(Exp(fast * slow / ((1 - risen) * slow + risen * fast)), Beta3);
    }

    private readonly ref struct Rule<T>(AdEmaMix o, Parameters<T> p, Moment now) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> m = p["m"], s = p["s"], v = p["v"];

        private readonly T keep = now.Keep, decay = now.Coupled,
                           beta1 = now[o.Beta1], gain1 = 1 - now[o.Beta1],
                           beta2 = o.Beta2, gain2 = 1 - o.Beta2,
                           beta3 = o.Slow(now), gain3 = 1 - o.Slow(now),
                           rate = now.Rate / now.Filled(now[o.Beta1]),
                           unbias = 1 / now.Filled(o.Beta2),
                           alpha = o.Alpha * o.Risen(now),
                           epsilon = o.Epsilon;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            g += decay * w;
            T fast = m[i] = beta1 * m[i] + gain1 * g;
            T second = v[i] = beta2 * v[i] + gain2 * g * g;
            T slow = s[i] = beta3 * s[i] + gain3 * g;
            return keep * w - rate * (fast + alpha * slow) / (Sqrt(unbias * second) + epsilon);
        }
    }

    private readonly ref struct Means<T>(AdEmaMix o, Parameters<T> p, Moment now) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> m = p["m"], s = p["s"], v = p["v"];

        private readonly T decay = now.Coupled,
                           beta1 = now[o.Beta1], gain1 = 1 - now[o.Beta1],
                           beta2 = o.Beta2, gain2 = 1 - o.Beta2,
                           beta3 = o.Slow(now), gain3 = 1 - o.Slow(now);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            g += decay * w;
            m[i] = beta1 * m[i] + gain1 * g;
            v[i] = beta2 * v[i] + gain2 * g * g;
            s[i] = beta3 * s[i] + gain3 * g;
            return w;
        }
    }

    private readonly ref struct Agrees<T>(Parameters<T> p, Moment now) : ITerm<T> where T : struct, ILane<T>
    {
        private readonly ReadOnlySpan<T> w = p.Weights, g = p.Gradients, m = p["m"];
        private readonly T decay = now.Coupled, yes = 1, no = 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T At(int i) => Where(m[i] * (g[i] + decay * w[i]), yes, no);
    }

    private readonly ref struct Move<T>(AdEmaMix o, Parameters<T> p, Moment now, double divisor, double scale) : IRule<T> where T : struct, ILane<T>
    {
        private readonly ReadOnlySpan<T> m = p["m"], s = p["s"], v = p["v"];

        private readonly T keep = now.Keep, decay = now.Coupled,
                           rate = now.Rate / now.Filled(now[o.Beta1]) / divisor,
                           unbias = 1 / now.Filled(o.Beta2),
                           alpha = o.Alpha * o.Risen(now),
                           up = scale, none = 0,
                           epsilon = o.Epsilon;

        private readonly bool cautious = o.Cautious;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            T fast = m[i];
            if (cautious) fast = Where(fast * (g + decay * w), up * fast, none);
            return keep * w - rate * (fast + alpha * s[i]) / (Sqrt(unbias * v[i]) + epsilon);
        }
    }
}
