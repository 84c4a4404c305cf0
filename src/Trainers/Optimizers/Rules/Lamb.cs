using System.Runtime.CompilerServices;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch.Lanes;
using static System.Math;
using static Microsoft.ML.Trainers.Torch.Lanes.Lane;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Adam with a rate per layer, in proportion to the layer's weights: for very large batches.
/// <code>
/// g /= max(1, |g of the group| / MaximumGradientNorm)
/// m  = beta1 m + (1 - beta1) g,   v = beta2 v + (1 - beta2) g^2
/// u  = m' / (sqrt(v') + epsilon) + decay w                     (m', v' corrected for starting at zero)
/// w -= rate |w| / |u| u                                        (|w| / |u| per layer; 1 where a norm is 0)
/// </code>
/// You et al. 2020, Large batch optimization for deep learning: training BERT in 76 minutes, arXiv:1904.00962. Equals timm's Lamb.
/// Layers adapt only where there is weight decay, or with AlwaysAdapt.
/// </summary>
public sealed record Lamb : Optimizer
{
    internal Lamb() : base(1e-3) => WeightDecay = 0.01;

    /// <summary>The part of the mean gradient that is kept, at least 0 and below 1. Default 0.9.</summary>
    public ScheduledValue Beta1 { get; init => field = Require.Fraction(value); } = 0.9;

    /// <summary>The part of the mean square that is kept, at least 0 and below 1. Default 0.999.</summary>
    public double Beta2 { get; init => field = Require.Fraction(value); } = 0.999;

    /// <summary>Keeps the division finite; above 0. Default 1e-6.</summary>
    public double Epsilon { get; init => field = Require.Positive(value, "1e-6 is usual."); } = 1e-6;

    /// <summary>Whether the means are corrected for starting at zero. Default true.</summary>
    public bool BiasCorrection { get; init; } = true;

    /// <summary>Whether the mean gradient takes 1 - beta1 of a gradient and not all of it. Default true.</summary>
    public bool GradientAveraging { get; init; } = true;

    /// <summary>The largest norm of the group's gradient, above 0; null: any. Default 1.</summary>
    public double? MaximumGradientNorm { get; init => field = value is { } norm ? Require.Positive(norm, "1 is usual.") : null; } = 1;

    /// <summary>Whether the rate of a layer is at most the rate. Default false.</summary>
    public bool TrustClip { get; init; }

    /// <summary>Whether layers without weight decay adapt too. Default false.</summary>
    public bool AlwaysAdapt { get; init; }

    /// <summary>
    /// Whether only steps are taken that agree in sign with the gradient, scaled up by the share of them. Default false.
    /// Liang et al. 2024, Cautious optimizers, arXiv:2411.16085.
    /// </summary>
    public bool Cautious { get; init; }

    internal override bool IsElementwise => false;

    internal override void Step<T>(Parameters<T> p, Moment now)
    {
        double clip = MaximumGradientNorm is { } most ? Max(1, p.Norm(p.Gradients) / most) : 1;
        foreach (Parameters<T> layer in p.EachLayer)
        {
            Span<T> direction = layer["direction"];
            layer.Apply(new Adam<T>(this, layer, now, clip));
            double scale = Cautious ? 1 / Max(layer.Sum(new Moves<T>(direction)) / layer.Count, 1e-3) : 1;
            layer.Apply(new Decay<T>(layer, now, scale));
            layer.Apply(new Move<T>(layer, now.Rate * Trust(layer, now, direction)));
        }
    }

    private double Trust<T>(Parameters<T> layer, Moment now, ReadOnlySpan<T> direction) where T : struct, ILane<T>
    {
        if (now.Decay == 0 && !AlwaysAdapt) return 1;
        double w = layer.Norm(layer.Weights), u = layer.Norm(direction);
        double trust = w > 0 && u > 0 ? w / u : 1;
        return TrustClip ? Min(trust, 1) : trust;
    }

    private readonly ref struct Adam<T>(Lamb o, Parameters<T> p, Moment now, double clip) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> m = p["m"], v = p["v"], direction = p["direction"];

        private readonly T keep = now.Keep, unclip = 1 / clip,
                           beta1 = now[o.Beta1], gain1 = o.GradientAveraging ? 1 - now[o.Beta1] : 1,
                           beta2 = o.Beta2, gain2 = 1 - o.Beta2,
                           unbias1 = o.BiasCorrection ? 1 / now.Filled(now[o.Beta1]) : 1,
                           unbias2 = o.BiasCorrection ? 1 / now.Filled(o.Beta2) : 1,
                           epsilon = o.Epsilon, none = 0;

        private readonly bool cautious = o.Cautious;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            g *= unclip;
            T first = m[i] = beta1 * m[i] + gain1 * g;
            T second = v[i] = beta2 * v[i] + gain2 * g * g;
            T u = unbias1 * first / (Sqrt(unbias2 * second) + epsilon);
            direction[i] = cautious ? Where(u * g, u, none) : u;
            return keep * w;
        }
    }

    private readonly ref struct Moves<T>(ReadOnlySpan<T> direction) : ITerm<T> where T : struct, ILane<T>
    {
        private readonly ReadOnlySpan<T> direction = direction;
        private readonly T yes = 1, no = 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T At(int i) => Where(Abs(direction[i]), yes, no);
    }

    private readonly ref struct Decay<T>(Parameters<T> p, Moment now, double factor) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> direction = p["direction"];
        private readonly T decay = now.Coupled, scale = factor;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            direction[i] = scale * direction[i] + decay * w;
            return w;
        }
    }

    private readonly ref struct Move<T>(Parameters<T> p, double lr) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> direction = p["direction"];
        private readonly T rate = lr;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g) => w - rate * direction[i];
    }
}
