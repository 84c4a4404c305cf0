using System.Runtime.CompilerServices;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch.Lanes;
using static System.Math;
using static Microsoft.ML.Trainers.Torch.Lanes.Lane;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Momentumised, adaptive dual averaging: weights are rebuilt from their start and the sum of all gradients.
/// <code>
/// g += decay w,   c = (rate + epsilon) sqrt(t)
/// q += c g^2,   s += c g
/// z  = w_0 - s / (cbrt(q) + epsilon)
/// w  = momentum w + (1 - momentum) z
/// </code>
/// Defazio and Jelassi 2022, Adaptivity without compromise, arXiv:2101.11075. Equals timm's MADGRAD.
/// </summary>
public sealed record Madgrad : Optimizer
{
    internal Madgrad() : base(1e-2)
    {
    }

    /// <summary>The part of the velocity that is kept, at least 0 and below 1. Default 0.9.</summary>
    public ScheduledValue Momentum { get; init => field = Require.Fraction(value); } = 0.9;

    /// <summary>Keeps the division finite; above 0. Default 1e-6.</summary>
    public double Epsilon { get; init => field = Require.Positive(value, "1e-6 is usual."); } = 1e-6;

    internal override void Step<T>(Parameters<T> p, Moment now)
    {
        if (now.T == 1) p.Copy(p.Weights, p["start"]);
        p.Apply(new Rule<T>(this, p, now));
    }

    private readonly ref struct Rule<T>(Madgrad o, Parameters<T> p, Moment now) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> start = p["start"], q = p["q"], s = p["s"];

        private readonly T keep = now.Keep, decay = now.Coupled,
                           momentum = now[o.Momentum], gain = 1 - now[o.Momentum],
                           grow = (now.Rate + o.Epsilon) * Sqrt(now.T),
                           epsilon = o.Epsilon;

        private readonly bool rebuild = o.Momentum == 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            w *= keep;
            g += decay * w;
            T from = rebuild ? w + s[i] / (Cbrt(q[i]) + epsilon) : start[i];
            T squares = q[i] += grow * g * g;
            T sum = s[i] += grow * g;
            return momentum * w + gain * (from - sum / (Cbrt(squares) + epsilon));
        }
    }
}
