using System.Runtime.CompilerServices;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch.Lanes;
using static System.Math;
using static Microsoft.ML.Trainers.Torch.Lanes.Lane;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// The sign of a mean gradient: Lion with one memory.
/// <code>
/// w -= rate decay w
/// m  = beta m + (1 - beta) g
/// w -= rate sign(m)
/// </code>
/// Su 2023, Tiger: a tight-fisted optimizer. Equals pytorch_optimizer's Tiger.
/// </summary>
public sealed record Tiger : Optimizer
{
    internal Tiger() : base(1e-3) => (WeightDecay, DecayKind) = (0.01, WeightDecayKind.Decoupled);

    /// <summary>The part of the mean gradient that is kept, at least 0 and below 1. Default 0.965.</summary>
    public ScheduledValue Beta { get; init => field = Require.Fraction(value); } = 0.965;

    internal override void Step<T>(Parameters<T> p, Moment now) => p.Apply(new Rule<T>(this, p, now));

    private readonly ref struct Rule<T>(Tiger o, Parameters<T> p, Moment now) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> m = p["m"];

        private readonly T keep = now.Keep, decay = now.Coupled,
                           beta = now[o.Beta], gain = 1 - now[o.Beta],
                           rate = now.Rate;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            w *= keep;
            g += decay * w;
            T first = m[i] = beta * m[i] + gain * g;
            return w - rate * Sign(first);
        }
    }
}
