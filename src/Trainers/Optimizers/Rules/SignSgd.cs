using System.Runtime.CompilerServices;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch.Lanes;
using static System.Math;
using static Microsoft.ML.Trainers.Torch.Lanes.Lane;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Steps of equal length in every direction: only the sign of the (averaged) gradient counts.
/// <code>
/// w -= rate decay w
/// m  = momentum m + (1 - momentum) g
/// w -= rate sign(m)
/// </code>
/// Bernstein, Wang, Azizzadenesheli and Anandkumar 2018, signSGD, arXiv:1802.04434; with momentum it is Signum. With momentum 0.9 it
/// equals the paper's Signum and, without decay, pytorch_optimizer's SignSGD at momentum 0.
/// </summary>
public sealed record SignSgd : Optimizer
{
    internal SignSgd() : base(1e-3) => DecayKind = WeightDecayKind.Decoupled;

    /// <summary>The part of the mean gradient that is kept, at least 0 and below 1. Default 0.9; 0: the gradient's own sign.</summary>
    public ScheduledValue Momentum { get; init => field = Require.Fraction(value); } = 0.9;

    internal override void Step<T>(Parameters<T> p, Moment now) => p.Apply(new Rule<T>(this, p, now));

    private readonly ref struct Rule<T>(SignSgd o, Parameters<T> p, Moment now) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> m = o.Momentum == 0 ? default : p["m"];

        private readonly T keep = now.Keep, decay = now.Coupled,
                           rate = now.Rate,
                           momentum = now[o.Momentum], gain = 1 - now[o.Momentum];

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            g += decay * w;
            if (!m.IsEmpty) g = m[i] = momentum * m[i] + gain * g;
            return keep * w - rate * Sign(g);
        }
    }
}
