using System.Runtime.CompilerServices;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch.Lanes;
using static System.Math;
using static Microsoft.ML.Trainers.Torch.Lanes.Lane;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Divides by a running root mean square of the gradient.
/// <code>
/// g    += decay w
/// s     = alpha s + (1 - alpha) g^2
/// v     = s, or centered: s - a^2 with a = alpha a + (1 - alpha) g
/// u     = momentum u + g / (sqrt(v) + epsilon)                              (or sqrt(v + epsilon))
/// w    -= rate u                                                            (or the rate is inside u: RateInMomentum)
/// </code>
/// Tieleman and Hinton 2012, lecture 6e; the centered form: Graves 2013, arXiv:1308.0850.
/// Equals PyTorch's RMSprop. TensorFlow's and timm's RMSpropTF: <see cref="Optimizers.RmsPropTensorFlow"/>.
/// </summary>
public sealed record RmsProp : Optimizer
{
    internal RmsProp() : base(1e-2)
    {
    }

    /// <summary>The part of the running mean square that is kept, at least 0 and below 1. Default 0.99.</summary>
    public double Alpha { get; init => field = Require.Fraction(value); } = 0.99;

    /// <summary>Keeps the division finite; above 0. Default 1e-8.</summary>
    public double Epsilon { get; init => field = Require.Positive(value, "1e-8 is usual."); } = 1e-8;

    /// <summary>Where epsilon stands. Default outside the root.</summary>
    public EpsilonPlacement EpsilonPlacement { get; init => field = Require.Defined(value); }

    /// <summary>The part of the velocity that is kept, at least 0 and below 1. Default 0.</summary>
    public ScheduledValue Momentum { get; init => field = Require.Fraction(value); } = 0;

    /// <summary>Whether the mean square is taken around the running mean. Default false.</summary>
    public bool Centered { get; init; }

    /// <summary>Where the running mean square starts, at least 0. Default 0; TensorFlow 1.</summary>
    public double InitialAccumulator { get; init => field = Require.NotNegative(value, "0 or 1 is usual."); }

    /// <summary>Whether the velocity holds steps and not directions, so that a falling rate acts with a delay. Default false; TensorFlow true.</summary>
    public bool RateInMomentum { get; init; }

    /// <summary>
    /// Whether only steps are taken that agree in sign with the gradient, scaled up by the share of them. Default false.
    /// Liang et al. 2024, Cautious optimizers, arXiv:2411.16085.
    /// </summary>
    public bool Cautious { get; init; }

    internal override bool IsElementwise => !Cautious;

    internal override void Step<T>(Parameters<T> p, Moment now)
    {
        p.Apply(new Rule<T>(this, p, now));
        if (Cautious) Caution.Move(p);
    }

    private readonly ref struct Rule<T>(RmsProp o, Parameters<T> p, Moment now) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> square = p["square", o.InitialAccumulator],
                                 mean = o.Centered ? p["mean"] : default,
                                 velocity = o.Momentum == 0 ? default : p["velocity"];

        private readonly Caution<T> caution = new(p, o.Cautious && o.Momentum != 0);

        private readonly T inner = o.RateInMomentum ? now.Rate : 1,
                           outer = o.RateInMomentum ? 1 : now.Rate,
                           keep = now.Keep, decay = now.Coupled,
                           alpha = o.Alpha, gain = 1 - o.Alpha,
                           momentum = now[o.Momentum],
                           inside = o.EpsilonPlacement.Inside(o.Epsilon),
                           outside = o.EpsilonPlacement.Outside(o.Epsilon);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            g += decay * w;
            T variance = square[i] = alpha * square[i] + gain * g * g;
            if (!mean.IsEmpty)
            {
                T average = mean[i] = alpha * mean[i] + gain * g;
                variance -= average * average;
            }
            T move = inner * g / (Sqrt(variance + inside) + outside);
            if (!velocity.IsEmpty) move = velocity[i] = momentum * velocity[i] + move;
            return keep * w - caution.Allow(i, outer * move, g);
        }
    }
}
