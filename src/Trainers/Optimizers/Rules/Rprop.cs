using System.Runtime.CompilerServices;
using Microsoft.ML.Trainers.Torch.Lanes;
using static System.Math;
using static Microsoft.ML.Trainers.Torch.Lanes.Lane;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Resilient backpropagation: each parameter has its own step, which grows while its gradient keeps its sign. For full batches only.
/// <code>
/// s  = g g_{t-1}:  s > 0: step *= grow;   s &lt; 0: step *= shrink, and g = 0        (step within its limits)
/// w -= sign(g) step
/// </code>
/// Steps start at the first rate; a schedule has no effect afterwards. Riedmiller and Braun 1993. Equals PyTorch's Rprop.
/// </summary>
public sealed record Rprop : Optimizer
{
    internal Rprop() : base(1e-2)
    {
    }

    /// <summary>The factor of a step whose gradient changed its sign, above 0 and below 1. Default 0.5.</summary>
    public double ShrinkFactor { get; init => field = Require.Between(0, 1, value, "0.5 is usual."); } = 0.5;

    /// <summary>The factor of a step whose gradient kept its sign, at least 1. Default 1.2.</summary>
    public double GrowFactor { get; init => field = Require.Between(1, 1e6, value, "1.2 is usual."); } = 1.2;

    /// <summary>The smallest step, at least 0. Default 1e-6.</summary>
    public double SmallestStep { get; init => field = Require.NotNegative(value, "1e-6 is usual."); } = 1e-6;

    /// <summary>The largest step, above 0. Default 50.</summary>
    public double LargestStep { get; init => field = Require.Positive(value, "50 is usual."); } = 50;

    internal override void Step<T>(Parameters<T> p, Moment now) => p.Apply(new Rule<T>(this, p, now));

    private readonly ref struct Rule<T>(Rprop o, Parameters<T> p, Moment now) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> last = p["last"], steps = p["step"];

        private readonly T keep = now.Keep, decay = now.Coupled,
                           first = now.Rate,
                           grow = o.GrowFactor, shrink = o.ShrinkFactor, one = 1, none = 0,
                           smallest = o.SmallestStep, largest = o.LargestStep;

        private readonly bool start = now.T == 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            g += decay * w;
            T agreement = g * Sign(last[i]);
            T step = start ? first : steps[i];
            step = Min(Max(step * Where(agreement, grow, Where(-agreement, shrink, one)), smallest), largest);
            g = Where(-agreement, none, g);
            steps[i] = step;
            last[i] = g;
            return keep * w - Sign(g) * step;
        }
    }
}
