using System.Runtime.CompilerServices;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch.Lanes;
using static System.Math;
using static Microsoft.ML.Trainers.Torch.Lanes.Lane;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Momentum over gradients that are normalised layer by layer: one second moment per layer.
/// <code>
/// v  = beta2 v + (1 - beta2) |g|^2                             (per layer; the first time |g|^2)
/// m  = beta1 m + (g / (sqrt(v) + epsilon) + decay w)           (GradientAveraging: times 1 - beta1)
/// w -= rate m
/// </code>
/// Ginsburg et al. 2019, Stochastic gradient methods with layer-wise adaptive moments, arXiv:1905.11286. Equals timm's NvNovoGrad.
/// </summary>
public sealed record NovoGrad : Optimizer
{
    internal NovoGrad() : base(1e-3) => DecayKind = WeightDecayKind.Coupled;

    /// <summary>The part of the mean gradient that is kept, at least 0 and below 1. Default 0.95.</summary>
    public ScheduledValue Beta1 { get; init => field = Require.Fraction(value); } = 0.95;

    /// <summary>The part of the mean square that is kept, at least 0 and below 1. Default 0.98.</summary>
    public double Beta2 { get; init => field = Require.Fraction(value); } = 0.98;

    /// <summary>Keeps the division finite; above 0. Default 1e-8.</summary>
    public double Epsilon { get; init => field = Require.Positive(value, "1e-8 is usual."); } = 1e-8;

    /// <summary>Whether the momentum takes 1 - beta1 of a direction and not all of it. Default false.</summary>
    public bool GradientAveraging { get; init; }

    /// <summary>Whether the mean square never falls. Default false.</summary>
    public bool AmsGrad { get; init; }

    internal override bool IsElementwise => false;

    internal override void Step<T>(Parameters<T> p, Moment now)
    {
        foreach (Parameters<T> layer in p.EachLayer)
        {
            ref double v = ref layer.Scalars["v"], peak = ref layer.Scalars["peak"];
            double square = layer.SumOfSquares(layer.Gradients);
            v = v == 0 ? square : Beta2 * v + (1 - Beta2) * square;
            peak = Max(peak, v);
            layer.Apply(new Rule<T>(this, layer, now, Sqrt(AmsGrad ? peak : v) + Epsilon));
        }
    }

    private readonly ref struct Rule<T>(NovoGrad o, Parameters<T> p, Moment now, double norm) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> m = p["m"];

        private readonly T keep = now.Keep, decay = now.Coupled,
                           rate = now.Rate, unit = 1 / norm,
                           beta1 = now[o.Beta1], gain1 = o.GradientAveraging ? 1 - now[o.Beta1] : 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            T first = m[i] = beta1 * m[i] + gain1 * (unit * g + decay * w);
            return keep * w - rate * first;
        }
    }
}
