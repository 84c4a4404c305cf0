using System.Runtime.CompilerServices;
using Microsoft.ML.Trainers.Torch.Lanes;
using static System.Math;
using static Microsoft.ML.Trainers.Torch.Lanes.Lane;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// AdamW whose averaging replaces the schedule: gradients are taken at y, the answer is x.
/// <code>
/// v  = beta2 v + (1 - beta2) g^2
/// u  = g / (sqrt(v / (1 - beta2^t)) + epsilon) + decay y
/// c  = t^r max_rate^p / (sum of these so far)
/// z -= rate u,   x = (1 - c) x + c z,   y = (1 - beta1) z + beta1 x
/// </code>
/// Defazio et al. 2024, The road less scheduled, arXiv:2405.15682. Equals schedulefree's AdamWScheduleFree and its reference. The
/// trainer evaluates, saves and returns x by itself. Best without a schedule, or with a warmup alone.
/// </summary>
public sealed record ScheduleFreeAdamW : Optimizer
{
    internal ScheduleFreeAdamW() : base(2.5e-3) => DecayKind = WeightDecayKind.Decoupled;

    /// <summary>How much of x is in y, above 0 and below 1. Default 0.9.</summary>
    public double Beta1 { get; init => field = ScheduleFree.Mixing(value, nameof(Beta1)); } = 0.9;

    /// <summary>The part of the mean square that is kept, at least 0 and below 1. Default 0.999.</summary>
    public double Beta2 { get; init => field = Require.Fraction(value); } = 0.999;

    /// <summary>Keeps the division finite; above 0. Default 1e-8.</summary>
    public double Epsilon { get; init => field = Require.Positive(value, "1e-8 is usual."); } = 1e-8;

    /// <summary>Steps over which the rate rises linearly, on top of any schedule; at least 0. Default 0.</summary>
    public double WarmupSteps { get; init => field = Require.NotNegative(value, "A schedule can warm up too."); }

    /// <summary>The power r of the step in the weights of the average, at least 0. Default 0.</summary>
    public double StepPower { get; init => field = Require.NotNegative(value, "0 is usual."); }

    /// <summary>The power p of the largest rate in the weights of the average, at least 0. Default 2.</summary>
    public double RatePower { get; init => field = Require.NotNegative(value, "2 is usual."); } = 2;

    /// <summary>A mean of the gradient in place of the gradient, at least 0 and below 1. Default 0: none.</summary>
    public double InnerMomentum { get; init => field = Require.Fraction(value); }

    /// <summary>Whether weights decay towards zero at z and not at y. Default false.</summary>
    public bool DecayAtZ { get; init; }

    internal override bool HasAverage => true;

    internal override void Begin(Scalars state, Moment now) =>
        ScheduleFree.Begin(state, now, ScheduleFree.Warm(now, WarmupSteps), StepPower, RatePower);

    internal override void Step<T>(Parameters<T> p, Moment now)
    {
        if (now.T == 1) p.Copy(p.Weights, p["z"]);
        p.Apply(new Rule<T>(this, p, now, ScheduleFree.Warm(now, WarmupSteps), p.Scalars["mix"]));
    }

    internal override void Average<T>(Parameters<T> p, Span<T> destination) => ScheduleFree.Average(p, Beta1, destination);

    private readonly ref struct Rule<T>(ScheduleFreeAdamW o, Parameters<T> p, Moment now, double lr, double share) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> z = p["z"], v = p["v"], m = o.InnerMomentum == 0 ? default : p["m"];

        private readonly T decay = now.Decay,
                           inner = o.InnerMomentum, gain = 1 - o.InnerMomentum, filled = now.Filled(o.InnerMomentum),
                           beta2 = o.Beta2, gain2 = 1 - o.Beta2,
                           unbias = 1 / now.Filled(o.Beta2),
                           epsilon = o.Epsilon,
                           mix = share, rate = lr,
                           pull = lr * (1 - o.Beta1 * (1 - share));

        private readonly bool decayAtZ = o.DecayAtZ;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T y, T g)
        {
            T last = z[i];
            T second = v[i] = beta2 * v[i] + gain2 * g * g;
            if (!m.IsEmpty)
            {
                T first = m[i] = inner * m[i] + gain * g;
                g = first / filled;
            }
            T move = g / (Sqrt(unbias * second) + epsilon) + decay * (decayAtZ ? last : y);
            z[i] = last - rate * move;
            return y + mix * (last - y) - pull * move;
        }
    }
}
