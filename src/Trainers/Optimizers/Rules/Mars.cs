using System.Runtime.CompilerServices;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch.Lanes;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// AdamW (or Lion) over gradients whose variance is reduced by the gradient before.
/// <code>
/// c  = g + gamma beta1 / (1 - beta1) (g - g_{t-1}),   c /= max(1, |c|)       (per layer; the first time c = g)
/// m  = beta1 m + (1 - beta1) c,   v = beta2 v + (1 - beta2) c^2
/// w -= rate (decay w + m' / (sqrt(v') + epsilon))                            (Sign: decay w + sign(m))
/// </code>
/// Yuan et al. 2024, MARS: unleashing the power of variance reduction, arXiv:2411.10438. Equals timm's Mars. Vectors are trained by
/// plain AdamW with their own betas unless OptimizeVectors is set.
/// </summary>
public sealed record Mars : Optimizer
{
    internal Mars() : base(3e-3) => DecayKind = WeightDecayKind.Decoupled;

    /// <summary>The part of the mean gradient that is kept, at least 0 and below 1. Default 0.9.</summary>
    public ScheduledValue Beta1 { get; init => field = Require.Fraction(value); } = 0.9;

    /// <summary>The part of the mean square that is kept, at least 0 and below 1. Default 0.99.</summary>
    public double Beta2 { get; init => field = Require.Fraction(value); } = 0.99;

    /// <summary>Keeps the division finite; above 0. Default 1e-8.</summary>
    public double Epsilon { get; init => field = Require.Positive(value, "1e-8 is usual."); } = 1e-8;

    /// <summary>How much of the difference of gradients is used, at least 0. Default 0.025.</summary>
    public double Gamma { get; init => field = Require.NotNegative(value, "0.025 is usual."); } = 0.025;

    /// <summary>Whether the step is the sign of the mean, as in Lion. Default false.</summary>
    public bool Sign { get; init; }

    /// <summary>Whether vectors are trained as matrices are. Default false.</summary>
    public bool OptimizeVectors { get; init; }

    /// <summary>A factor of the rate of vectors, at least 0. Default 1.</summary>
    public double VectorRateFactor { get; init => field = Require.NotNegative(value, "1 is usual."); } = 1;

    /// <summary>Beta1 of vectors. Null: Beta1.</summary>
    public double? VectorBeta1 { get; init => field = value is { } beta ? Require.Fraction(beta) : null; }

    /// <summary>Beta2 of vectors. Null: Beta2.</summary>
    public double? VectorBeta2 { get; init => field = value is { } beta ? Require.Fraction(beta) : null; }

    /// <summary>
    /// Whether only steps are taken that agree in sign with the gradient, scaled up by the share of them. Default false.
    /// Liang et al. 2024, Cautious optimizers, arXiv:2411.16085.
    /// </summary>
    public bool Cautious { get; init; }

    internal override bool IsElementwise => false;

    internal override void Step<T>(Parameters<T> p, Moment now)
    {
        foreach (Parameters<T> layer in p.EachLayer)
        {
            bool vector = layer.Layer!.Spec.Shape.Length < 2 && !OptimizeVectors;
            Span<T> reduced = layer["reduced"];
            layer.Apply(new Reduce<T>(layer, vector || now.T == 1 ? 0 : Gamma * now[Beta1] / (1 - now[Beta1])));
            double scale = vector || now.T == 1 ? 1 : 1 / Math.Max(1, layer.Norm(reduced));
            layer.Apply(new Move<T>(this, layer, now, scale, vector));
            if (Cautious) Caution.Move(layer, rescale: vector || !Sign);
        }
    }

    private readonly ref struct Reduce<T>(Parameters<T> p, double difference) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> reduced = p["reduced"], last = p["last"];
        private readonly T gain = difference;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            reduced[i] = g + gain * (g - last[i]);
            last[i] = g;
            return w;
        }
    }

    private readonly ref struct Move<T>(Mars o, Parameters<T> p, Moment now, double factor, bool vector) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> reduced = p["reduced"], m = p["m"], v = p["v"];
        private readonly Caution<T> caution = new(p, o.Cautious);
        private readonly bool sign = o.Sign && !vector;

        private readonly T keep = o.DecayKind == WeightDecayKind.Decoupled ? 1 - now.Shrink * (vector ? o.VectorRateFactor : 1) : now.Keep,
                           decay = now.Coupled, scale = factor,
                           beta1 = o.First(now, vector), gain1 = 1 - o.First(now, vector),
                           beta2 = o.Second(vector), gain2 = 1 - o.Second(vector),
                           rate = now.Rate * (vector ? o.VectorRateFactor : 1),
                           unbias1 = 1 / now.Filled(o.First(now, vector)), unbias2 = 1 / now.Filled(o.Second(vector)),
                           epsilon = o.Epsilon;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            T c = scale * reduced[i] + decay * w;
            T first = m[i] = beta1 * m[i] + gain1 * c;
            T second = v[i] = beta2 * v[i] + gain2 * c * c;
            T step = sign ? T.Sign(first) : unbias1 * first / (T.Sqrt(unbias2 * second) + epsilon);
            return keep * w - caution.Allow(i, rate * step, g);
        }
    }

    private double First(Moment now, bool vector) => vector ? VectorBeta1 ?? now[Beta1] : now[Beta1];

    private double Second(bool vector) => vector ? VectorBeta2 ?? Beta2 : Beta2;
}
