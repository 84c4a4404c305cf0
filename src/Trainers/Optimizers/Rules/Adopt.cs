using System.Runtime.CompilerServices;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch.Lanes;
using static System.Math;
using static Microsoft.ML.Trainers.Torch.Lanes.Lane;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Adam that divides by the mean square of the past only, and clips what comes out: it converges for every beta2.
/// <code>
/// g += decay w
/// t = 1: v = g^2, no step
/// m  = beta1 m + (1 - beta1) clip(g / max(sqrt(v), epsilon), (t - 1)^clip exponent)
/// w -= rate m
/// v  = beta2 v + (1 - beta2) g^2
/// </code>
/// Taniguchi et al. 2024, ADOPT: modified Adam can converge with any beta2 with the optimal rate, arXiv:2411.02853. Equals timm's
/// Adopt; pytorch_optimizer's ADOPT has exponent 0.25 and counts its clipping from t (<see cref="ClipFrom"/> 0).
/// </summary>
public sealed record Adopt : Optimizer
{
    internal Adopt() : base(1e-3)
    {
    }

    /// <summary>The part of the mean gradient that is kept, at least 0 and below 1. Default 0.9.</summary>
    public ScheduledValue Beta1 { get; init => field = Require.Fraction(value); } = 0.9;

    /// <summary>The part of the mean square that is kept, at least 0 and below 1. Default 0.9999.</summary>
    public double Beta2 { get; init => field = Require.Fraction(value); } = 0.9999;

    /// <summary>Keeps the division finite; above 0. Default 1e-6.</summary>
    public double Epsilon { get; init => field = Require.Positive(value, "1e-6 is usual."); } = 1e-6;

    /// <summary>Whether normalised gradients are clipped. Default true.</summary>
    public bool Clip { get; init; } = true;

    /// <summary>How fast the clipping loosens: |g / sqrt(v)| is at most (t - ClipFrom)^ClipExponent; at least 0. Default 1/4.</summary>
    public double ClipExponent { get; init => field = Require.NotNegative(value, "0.25 is the paper's."); } = 0.25;

    /// <summary>The step that the clipping counts from, 0 or 1. Default 1.</summary>
    public double ClipFrom { get; init => field = Require.Between(0, 1, value, "The paper counts from the first real step: 1."); } = 1;

    /// <summary>
    /// Whether only steps are taken that agree in sign with the gradient, scaled up by the share of them. Default false.
    /// Liang et al. 2024, Cautious optimizers, arXiv:2411.16085.
    /// </summary>
    public bool Cautious { get; init; }

    /// <summary>
    /// Whether the rate of a layer is divided by max(1, RMS(g / sqrt(v))): a gradient larger than the past ones moves it less, as in
    /// StableAdamW. Default false. Wortsman et al. 2023, Stable and low-precision training, arXiv:2304.13013.
    /// </summary>
    public bool UpdateClipping { get; init; }

    /// <summary>As pytorch_optimizer scales cautious steps, for comparison with it.</summary>
    internal bool AsPytorchOptimizer { get; init; }

    internal override bool IsElementwise => !Cautious && !UpdateClipping;

    internal override void Step<T>(Parameters<T> p, Moment now)
    {
        if (UpdateClipping)
            foreach (Parameters<T> layer in p.EachLayer)
            {
                _ = layer["v"];
                layer.Apply(new Rule<T>(this, layer, now, now.T == 1 ? 1 : Lanes.UpdateClipping.Divisor(layer, now)));
            }
        else p.Apply(new Rule<T>(this, p, now, 1));
        if (Cautious && now.T > 1) Caution.Move(p, countOneMore: AsPytorchOptimizer);
    }

    private readonly ref struct Rule<T>(Adopt o, Parameters<T> p, Moment now, double divisor) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> m = p["m"], v = p["v"];
        private readonly Caution<T> caution = new(p, o.Cautious);

        private readonly T keep = now.T == 1 && o.DecayKind == WeightDecayKind.Decoupled ? 1 : now.Keep, decay = now.Coupled,
                           beta1 = now[o.Beta1], gain1 = 1 - now[o.Beta1],
                           beta2 = o.Beta2, gain2 = 1 - o.Beta2,
                           rate = now.Rate / divisor,
                           most = o.Clip ? Pow(now.T - o.ClipFrom, o.ClipExponent) : float.MaxValue,
                           epsilon = o.Epsilon;

        private readonly bool start = now.T == 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            g += decay * w;
            if (start)
            {
                v[i] = g * g;
                return keep * w;
            }
            T normal = Max(Min(g / Max(Sqrt(v[i]), epsilon), most), -most);
            T first = m[i] = beta1 * m[i] + gain1 * normal;
            v[i] = beta2 * v[i] + gain2 * g * g;
            return keep * w - caution.Allow(i, rate * first, g);
        }
    }
}
