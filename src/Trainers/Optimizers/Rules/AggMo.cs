using System.Runtime.CompilerServices;
using Microsoft.ML.Trainers.Torch.Lanes;

namespace Microsoft.ML.Trainers.Torch;

/// <summary>
/// Aggregated momentum: several velocities with different memories, averaged.
/// <code>
/// g  += decay w
/// u_k = beta_k u_k + g                for each k
/// w  -= rate mean_k u_k
/// </code>
/// Lucas, Sun, Zemel and Grosse 2019, Aggregated momentum, arXiv:1804.00325. Equals pytorch_optimizer's AggMo. There are three
/// velocities.
/// </summary>
public sealed record AggMo : Optimizer
{
    internal AggMo() : base(1e-2)
    {
    }

    /// <summary>The memory of the first velocity, at least 0 and below 1. Default 0.</summary>
    public double Beta1 { get; init => field = Require.Fraction(value); }

    /// <summary>The memory of the second velocity, at least 0 and below 1. Default 0.9.</summary>
    public double Beta2 { get; init => field = Require.Fraction(value); } = 0.9;

    /// <summary>The memory of the third velocity, at least 0 and below 1. Default 0.99.</summary>
    public double Beta3 { get; init => field = Require.Fraction(value); } = 0.99;

    internal override void Step<T>(Parameters<T> p, Moment now) => p.Apply(new Rule<T>(this, p, now));

    private readonly ref struct Rule<T>(AggMo o, Parameters<T> p, Moment now) : IRule<T> where T : struct, ILane<T>
    {
        private readonly Span<T> u1 = p["u1"], u2 = p["u2"], u3 = p["u3"];

        private readonly T keep = now.Keep, decay = now.Coupled,
                           beta1 = o.Beta1, beta2 = o.Beta2, beta3 = o.Beta3,
                           rate = now.Rate / 3;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Update(int i, T w, T g)
        {
            g += decay * w;
            T a = u1[i] = beta1 * u1[i] + g;
            T b = u2[i] = beta2 * u2[i] + g;
            T c = u3[i] = beta3 * u3[i] + g;
            return keep * w - rate * (a + b + c);
        }
    }
}
