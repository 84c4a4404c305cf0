using System.Runtime.CompilerServices;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch.Lanes;
using static System.Math;
using static Microsoft.ML.Trainers.Torch.Lanes.Lane;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// SGD with a rate per layer, in proportion to the layer's weights: for very large batches.
/// <code>
/// trust = coefficient |w| / (|g| + decay |w| + epsilon)          per layer; 1 where a norm is 0
/// u  = momentum u + (1 - dampening) trust (g + decay w)          (the first time without dampening)
/// w -= rate u
/// </code>
/// You, Gitman and Ginsburg 2017, Large batch training of convolutional networks, arXiv:1708.03888. Equals timm's Lars with
/// AlwaysAdapt false: there, layers adapt only where there is weight decay.
/// </summary>
public sealed record Lars : Optimizer
{
    internal Lars() : base(1)
    {
    }

    /// <summary>The part of the velocity that is kept, at least 0 and below 1. Default 0.9.</summary>
    public ScheduledValue Momentum { get; init => field = Require.Fraction(value); } = 0.9;

    /// <summary>How much of a gradient the velocity leaves out, at least 0 and at most 1. Default 0.</summary>
    public double Dampening { get; init => field = Require.Between(0, 1, value, "0 takes the whole gradient."); }

    /// <summary>Whether the step looks ahead along the velocity. Default false.</summary>
    public bool Nesterov { get; init; }

    /// <summary>The coefficient of trust, above 0. Default 1e-3.</summary>
    public double TrustCoefficient { get; init => field = Require.Positive(value, "1e-3 is usual."); } = 1e-3;

    /// <summary>Keeps the division finite; above 0. Default 1e-8.</summary>
    public double Epsilon { get; init => field = Require.Positive(value, "1e-8 is usual."); } = 1e-8;

    /// <summary>Whether the rate of a layer is at most the rate (LARC). Default false.</summary>
    public bool TrustClip { get; init; }

    /// <summary>Whether layers without weight decay adapt too. Default true; timm false.</summary>
    public bool AlwaysAdapt { get; init; } = true;

    internal override bool IsElementwise => false;

    internal override void Step<T>(Parameters<T> p, Moment now)
    {
        foreach (Parameters<T> layer in p.EachLayer) layer.Apply(new Rule<T>(this, layer, now, Trust(layer, now)));
    }

    private double Trust<T>(Parameters<T> layer, Moment now) where T : struct, ILane<T>
    {
        if (now.Decay == 0 && !AlwaysAdapt) return 1;
        double w = layer.Norm(layer.Weights), g = layer.Norm(layer.Gradients);
        double trust = w > 0 && g > 0 ? TrustCoefficient * w / (g + w * now.Decay + Epsilon) : 1;
        return TrustClip ? Min(trust / now.Rate, 1) : trust;
    }

    private readonly ref struct Rule<T>(Lars o, Parameters<T> p, Moment now, double trust) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> velocity = o.Momentum == 0 ? default : p["velocity"];

        private readonly T keep = now.Keep, decay = now.Coupled,
                           rate = now.Rate, scale = trust,
                           momentum = now[o.Momentum],
                           gain = now.T == 1 ? 1 : 1 - o.Dampening;

        private readonly bool nesterov = o.Nesterov;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            g = scale * (g + decay * w);
            if (velocity.IsEmpty) return keep * w - rate * g;
            T u = velocity[i] = momentum * velocity[i] + gain * g;
            return keep * w - rate * (nesterov ? g + momentum * u : u);
        }
    }
}
