using System.Runtime.CompilerServices;
using Microsoft.ML.LrSchedules;
using Microsoft.ML.Trainers.Torch.Lanes;
using static System.Math;
using static Microsoft.ML.Trainers.Torch.Lanes.Lane;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Adam whose mean square moves by steps of one size: it cannot grow rates suddenly.
/// <code>
/// w -= rate decay w
/// m  = beta1 m + (1 - beta1) g                                        (starts at the initial accumulator)
/// v -= (1 - beta2) sign(v - g^2) g^2                                  (starts at the initial accumulator)
/// w -= rate m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon)
/// </code>
/// Zaheer, Reddi, Sachan, Kale and Kumar 2018, Adaptive methods for nonconvex optimization. Equals pytorch_optimizer's Yogi.
/// </summary>
public sealed record Yogi : Optimizer
{
    internal Yogi() : base(1e-2) => DecayKind = WeightDecayKind.Decoupled;

    /// <summary>The part of the mean gradient that is kept, at least 0 and below 1. Default 0.9.</summary>
    public ScheduledValue Beta1 { get; init => field = Require.Fraction(value); } = 0.9;

    /// <summary>The part of the mean square that is kept, at least 0 and below 1. Default 0.999.</summary>
    public double Beta2 { get; init => field = Require.Fraction(value); } = 0.999;

    /// <summary>Keeps the division finite; above 0. Default 1e-3.</summary>
    public double Epsilon { get; init => field = Require.Positive(value, "1e-3 is usual."); } = 1e-3;

    /// <summary>Where both means start, at least 0. Default 1e-6.</summary>
    public double InitialAccumulator { get; init => field = Require.NotNegative(value, "1e-6 is usual."); } = 1e-6;

    /// <summary>
    /// Whether the mean gradient is corrected for starting at zero. Default true; false leaves the first steps small.
    /// John 2021, AdamD: improved bias-correction in Adam, arXiv:2110.10828.
    /// </summary>
    public bool CorrectFirstMoment { get; init; } = true;

    internal override void Step<T>(Parameters<T> p, Moment now) => p.Apply(new Rule<T>(this, p, now));

    private readonly ref struct Rule<T>(Yogi o, Parameters<T> p, Moment now) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> m = p["m", o.InitialAccumulator], v = p["v", o.InitialAccumulator];

        private readonly T keep = now.Keep, decay = now.Coupled,
                           beta1 = now[o.Beta1], gain1 = 1 - now[o.Beta1],
                           gain2 = 1 - o.Beta2,
                           rate = now.Rate / (o.CorrectFirstMoment ? now.Filled(now[o.Beta1]) : 1),
                           unbias = 1 / Sqrt(now.Filled(o.Beta2)),
                           epsilon = o.Epsilon;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            w *= keep;
            g += decay * w;
            T first = m[i] = beta1 * m[i] + gain1 * g;
            T square = g * g;
            T second = v[i] = v[i] - gain2 * Sign(v[i] - square) * square;
            return w - rate * first / (unbias * Sqrt(second) + epsilon);
        }
    }
}
