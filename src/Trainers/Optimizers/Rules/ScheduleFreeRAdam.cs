using System.Runtime.CompilerServices;
using Microsoft.ML.Trainers.Torch.Lanes;
using static System.Math;
using static Microsoft.ML.Trainers.Torch.Lanes.Lane;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Schedule-free AdamW with RAdam's built-in warmup: it needs no schedule at all.
/// <code>
/// v  = beta2 v + (1 - beta2) g^2,   rho as in RAdam
/// rho > 4:  rate' = rate r,  u = g / (sqrt(v / (1 - beta2^t)) + epsilon) + decay y
/// else:     rate' = 0 (or rate, when the first phase is not silent),  u = g + decay y
/// z -= rate' u,   x = (1 - c) x + c z,   y = (1 - beta1) z + beta1 x
/// </code>
/// Defazio et al. 2024, arXiv:2405.15682; Ishikawa 2024. Equals schedulefree's RAdamScheduleFree.
/// </summary>
public sealed record ScheduleFreeRAdam : Optimizer
{
    internal ScheduleFreeRAdam() : base(2.5e-3) => DecayKind = WeightDecayKind.Decoupled;

    /// <summary>How much of x is in y, above 0 and below 1. Default 0.9.</summary>
    public double Beta1 { get; init => field = ScheduleFree.Mixing(value, nameof(Beta1)); } = 0.9;

    /// <summary>The part of the mean square that is kept, at least 0 and below 1. Default 0.999.</summary>
    public double Beta2 { get; init => field = Require.Fraction(value); } = 0.999;

    /// <summary>Keeps the division finite; above 0. Default 1e-8.</summary>
    public double Epsilon { get; init => field = Require.Positive(value, "1e-8 is usual."); } = 1e-8;

    /// <summary>The power r of the step in the weights of the average, at least 0. Default 0.</summary>
    public double StepPower { get; init => field = Require.NotNegative(value, "0 is usual."); }

    /// <summary>The power p of the largest rate in the weights of the average, at least 0. Default 2.</summary>
    public double RatePower { get; init => field = Require.NotNegative(value, "2 is usual."); } = 2;

    /// <summary>Whether no step is taken until the variance is known. Default true.</summary>
    public bool SilentFirstPhase { get; init; } = true;

    internal override bool HasAverage => true;

    internal override void Begin(Scalars state, Moment now) => ScheduleFree.Begin(state, now, Rate(now), StepPower, RatePower);

    internal override void Step<T>(Parameters<T> p, Moment now)
    {
        if (now.T == 1) p.Copy(p.Weights, p["z"]);
        p.Apply(new Rule<T>(this, p, now, Rate(now), p.Scalars["mix"]));
    }

    internal override void Average<T>(Parameters<T> p, Span<T> destination) => ScheduleFree.Average(p, Beta1, destination);

    private bool IsKnown(Moment now) => Rectification.Length(Beta2, now.T) > 4;

    private double Rate(Moment now) => now.Rate * (IsKnown(now) ? Rectification.Factor(Beta2, now.T) : SilentFirstPhase ? 0 : 1);

    private readonly ref struct Rule<T>(ScheduleFreeRAdam o, Parameters<T> p, Moment now, double lr, double share) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> z = p["z"], v = p["v"];

        private readonly T decay = now.Decay,
                           beta2 = o.Beta2, gain2 = 1 - o.Beta2,
                           unbias = 1 / now.Filled(o.Beta2),
                           epsilon = o.Epsilon,
                           mix = share, rate = lr,
                           pull = lr * (1 - o.Beta1 * (1 - share));

        private readonly bool adaptive = o.IsKnown(now);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T y, T g)
        {
            T last = z[i];
            T second = v[i] = beta2 * v[i] + gain2 * g * g;
            T move = (adaptive ? g / (Sqrt(unbias * second) + epsilon) : g) + decay * y;
            z[i] = last - rate * move;
            return y + mix * (last - y) - pull * move;
        }
    }
}
