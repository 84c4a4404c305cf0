using System.Runtime.CompilerServices;
using Microsoft.ML.Trainers.Torch.Lanes;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Gradient descent whose averaging replaces the schedule: gradients are taken at y, the answer is x.
/// <code>
/// g  += decay y
/// c   = t^r max_rate^p / (sum of these so far)
/// z  -= rate g,   x = (1 - c) x + c z,   y = (1 - momentum) z + momentum x
/// </code>
/// Defazio et al. 2024, The road less scheduled, arXiv:2405.15682. Equals schedulefree's SGDScheduleFree. The trainer evaluates, saves
/// and returns x by itself. Best without a schedule, or with a warmup alone.
/// </summary>
public sealed record ScheduleFreeSgd : Optimizer
{
    internal ScheduleFreeSgd() : base(1)
    {
    }

    /// <summary>How much of x is in y, above 0 and below 1. Default 0.9.</summary>
    public double Momentum { get; init => field = ScheduleFree.Mixing(value, nameof(Momentum)); } = 0.9;

    /// <summary>Steps over which the rate rises linearly, on top of any schedule; at least 0. Default 0.</summary>
    public double WarmupSteps { get; init => field = Require.NotNegative(value, "A schedule can warm up too."); }

    /// <summary>The power r of the step in the weights of the average, at least 0. Default 0.</summary>
    public double StepPower { get; init => field = Require.NotNegative(value, "0 is usual."); }

    /// <summary>The power p of the largest rate in the weights of the average, at least 0. Default 2.</summary>
    public double RatePower { get; init => field = Require.NotNegative(value, "2 is usual."); } = 2;

    internal override bool HasAverage => true;

    internal override void Begin(Scalars state, Moment now) =>
        ScheduleFree.Begin(state, now, ScheduleFree.Warm(now, WarmupSteps), StepPower, RatePower);

    internal override void Step<T>(Parameters<T> p, Moment now)
    {
        if (now.T == 1) p.Copy(p.Weights, p["z"]);
        p.Apply(new Rule<T>(this, p, now, ScheduleFree.Warm(now, WarmupSteps), p.Scalars["mix"]));
    }

    internal override void Average<T>(Parameters<T> p, Span<T> destination) => ScheduleFree.Average(p, Momentum, destination);

    private readonly ref struct Rule<T>(ScheduleFreeSgd o, Parameters<T> p, Moment now, double lr, double share) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> z = p["z"];

        private readonly T decay = now.Decay,
                           mix = share, rate = lr,
                           pull = lr * (1 - o.Momentum * (1 - share));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T y, T g)
        {
            g += decay * y;
            T last = z[i];
            z[i] = last - rate * g;
            return y + mix * (last - y) - pull * g;
        }
    }
}
